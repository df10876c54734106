/** The built command, in a process of its own. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Ran } from './support.js';

const BIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const GATE = fileURLToPath(new URL('fixtures/gate.ts', import.meta.url));

/** What decides on colours, unless a test says otherwise. */
const PLAIN = { CI: undefined, FORCE_COLOR: undefined, NO_COLOR: undefined };

function scopegate(
  args: readonly string[],
  input = '',
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [BIN, ...args],
      { env: { ...process.env, ...PLAIN, ...env } },
      (error, out, err) =>
        resolve({ status: typeof error?.code === 'number' ? error.code : 0, out, err }),
    );
    child.stdin?.end(input);
  });
}

test('map prints who reaches what', async () => {
  const { status, out, err } = await scopegate(['map', GATE]);
  expect({ status, err }).toEqual({ status: 0, err: '' });
  expect(out).toMatch(/tools\/call add_note +notes:write +no: notes:write +no: notes:write +yes/);
});

test.each([
  [['map', `${GATE}#hostile`, '--format', 'json'], String.raw`a\u202eb\u200bc`],
  [['diff', GATE, `${GATE}#hostile`, '--format', 'json'], String.raw`a\u202eb\u200bc`],
  [['lint', `${GATE}#hostile`, '--tool', 'x', '--json'], 'rule_without_operation'],
])('%j shows invisible characters in JSON', async (args, shown) => {
  const { out } = await scopegate(args);
  expect(out).toContain(shown);
  expect(out).not.toMatch(/[\u202e\u200b]/);
  expect(() => JSON.parse(out) as unknown).not.toThrow();
});

test('diff ends with 1 if a token gains access, and says how to allow it', async () => {
  const before = join(await mkdtemp(join(tmpdir(), 'scopegate-')), 'scope-map.json');
  await writeFile(before, (await scopegate(['map', GATE, '--format', 'json'])).out);
  expect(await scopegate(['diff', before, GATE])).toMatchObject({
    status: 0,
    out: 'No change of the scope map.\n',
  });
  const widened = await scopegate(['diff', before, `${GATE}#wider`]);
  expect(widened.status).toBe(1);
  expect(widened.out).toMatch(/tools\/call add_note +widened/);
  expect(widened.err).toContain('--allow-widening');
  expect(await scopegate(['diff', before, `${GATE}#wider`, '--allow-widening'])).toMatchObject({
    status: 0,
  });
  expect(await scopegate(['diff', `${GATE}#wider`, GATE])).toMatchObject({ status: 0 });
});

test('lint ends with 1 for a mistake', async () => {
  expect(await scopegate(['lint', GATE])).toMatchObject({
    status: 0,
    out: 'ok  no mistakes found\n',
  });
  const found = await scopegate(['lint', `${GATE}#careless`, '--json']);
  expect(found.status).toBe(1);
  expect(JSON.parse(found.out)).toMatchObject([{ code: 'scope_never_used', where: 'notes:purge' }]);
});

test.each([
  ['a CI server', { CI: 'true' }, false],
  ['a CI server, forced', { CI: 'true', FORCE_COLOR: '1' }, true],
  ['forced', { FORCE_COLOR: '1' }, true],
  ['forced off', { FORCE_COLOR: '0' }, false],
  ['forbidden', { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
  ['forbidden on a CI server', { CI: 'true', NO_COLOR: '1' }, false],
] as const)('piped, %s: colours only where they are asked for', async (_name, env, hasColor) => {
  const { out } = await scopegate(['lint', GATE], '', env);
  expect(out).toBe(
    hasColor ? '\u001B[32mok\u001B[39m  no mistakes found\n' : 'ok  no mistakes found\n',
  );
});

test('explain reads the token from standard input and never prints it', async () => {
  const good = await scopegate(['explain', '--gate', `${GATE}#later`], 'reader-token\n');
  expect(good).toMatchObject({ status: 0, err: '' });
  expect(good.out).toContain('The token is accepted.');
  const bad = await scopegate(['explain', '--gate', GATE], 'another-secret-token');
  expect(bad.status).toBe(1);
  expect(bad.out + bad.err).not.toContain('another-secret-token');
});

test('a folder may have # and spaces in its name', async () => {
  const folder = await mkdtemp(fileURLToPath(new URL('fixtures/.c#-', import.meta.url)));
  try {
    await mkdir(join(folder, 'a b'));
    const path = join(folder, 'a b', 'gate.ts');
    await writeFile(path, "export { gate, wider } from '../../gate.js';\n");
    for (const target of [path, `${path}#wider`]) {
      expect(await scopegate(['map', target])).toMatchObject({ status: 0, err: '' });
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.each([
  [['map', 'missing.ts'], 'there is no file missing.ts'],
  [['map', `${GATE}#nobody`], 'exports no nobody (it exports: '],
  [['map', `${GATE}#other`], 'is not the result of createGate()'],
  [['map', BIN.replace('main.js', 'style.js')], 'exports no gate and no default'],
  [['explain', '--gate', GATE], 'standard input was empty'],
  [['diff', 'missing.json', GATE], 'missing.json cannot be read as a scope map'],
  [['diff', fileURLToPath(new URL('../package.json', import.meta.url)), GATE], 'before'],
])('%j says what to change', async (args, says) => {
  const { status, out, err } = await scopegate(args);
  expect({ status, out }).toEqual({ status: 2, out: '' });
  expect(err).toContain(says);
  expect(err).not.toContain('    at ');
});

test('CommonJS on a Node that cannot require modules: Node says what to write instead', async () => {
  const args = ['--no-experimental-require-module', '-e', "require('@scopegate/core')"];
  const err = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      args,
      { cwd: fileURLToPath(new URL('..', import.meta.url)) },
      (_error, _out, text) => resolve(text),
    );
  });
  expect(err).toMatch(/dynamic import\(\)/);
});
