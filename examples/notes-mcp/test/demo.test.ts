import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { run, start } from './support/run.js';
import type { Finished, Running } from './support/run.js';

const exec = promisify(execFile);

describe.each([
  { framework: 'Express', args: [] },
  { framework: 'Hono', args: ['--hono'] },
])('the demo on $framework', ({ framework, args }) => {
  let demo: Finished;
  let lines: readonly string[];

  beforeAll(async () => {
    demo = await run(args);
    lines = demo.stdout.split('\n');
  });

  test('ends with exit code 0, and everything held', () => {
    expect(demo).toMatchObject({ code: 0, stderr: '' });
    expect(demo.stdout).toContain('== Everything held ==');
    expect(demo.stdout).toMatch(new RegExp(`= \\d{2} checks on ${framework}, `));
  });

  test('shows the same story on both wires, refusals and all', () => {
    const calls = lines.filter((line) => line.startsWith('    notes POST /mcp '));
    expect(calls.map((line) => line.trim().split(/ +/).slice(3).join(' '))).toEqual([
      ...storyOf('initialize', 'notifications/initialized 202'),
      ...storyOf('server/discover'),
    ]);
    expect(lines.filter((line) => line.includes('> is told access_denied'))).toHaveLength(2);
    expect(lines.filter((line) => line.includes('> sends the browser'))).toHaveLength(6);
  });

  test('prints each WWW-Authenticate in full [AH-7, CH-1]', () => {
    const origin = /notes (http:\/\/localhost:\d+)\/mcp/.exec(demo.stdout)?.[1];
    const metadata = `resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`;
    const forbidden = (scope: string, text: string): string =>
      `Bearer error="insufficient_scope", scope="${scope}", ${metadata}, error_description="${text}"`;
    expect(challengesOf(lines)).toEqual([
      `Bearer scope="notes:read", ${metadata}`,
      forbidden('notes:write notes:read', 'add_note needs notes:write'),
      forbidden('admin:notes notes:read notes:write', 'admin_purge needs admin:notes'),
      `Bearer scope="notes:read", ${metadata}`,
      forbidden('notes:write', 'add_note needs notes:write'),
      forbidden('admin:notes', 'admin_purge needs admin:notes'),
    ]);
  });

  test('shows the scope map, and proves what a reader reaches', () => {
    const rows = lines.map((line) => line.trim().split(/ {2,}/).join(' | '));
    expect(rows).toEqual(
      expect.arrayContaining([
        'tool | needs | no token | reader | writer',
        'read_notes | notes:read | 401 | 200 ran | 200 ran',
        'add_note | notes:write | 401 | 403 | 200 ran',
        'admin_purge | admin:notes | 401 | 403 | 403',
      ]),
    );
    expect(demo.stdout).toContain('= Proven: a notes:read token reaches no write tool.');
  });

  test('fits 80 columns', () => {
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  test('prints no token, no code and no identifier of a login', () => {
    expect(demo.stdout).not.toMatch(/eyJ/);
    // The authorization server's opaque tokens, codes and ids are longer than any word here.
    expect(demo.stdout).not.toMatch(/[\w-]{30,}/);
    expect(demo.stdout).not.toMatch(/\bcode=|\bstate=|Bearer ey/);
  });
});

describe('the command line', () => {
  test('--help prints the usage', async () => {
    const help = await run(['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toMatch(/^Usage: npm run demo/);
    for (const option of ['--hono', '--serve', '--help']) expect(help.stdout).toContain(option);
  });

  test.each([['--hon'], ['--hono=yes'], ['express']])(
    'refuses %s with exit code 2',
    async (arg) => {
      const { code, stdout, stderr } = await run([arg]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(arg.replace('=yes', ''));
      expect(stderr).toContain('Usage: npm run demo');
    },
  );

  test('ends with exit code 1 and says why, if something did not happen as told', async () => {
    // What a proxy might do: nothing of the server changes, but clients see no challenge.
    const preload = `
      const { fetch } = globalThis;
      globalThis.fetch = async (...args) => {
        const response = await fetch(...args);
        if (response.status !== 401) return response;
        const headers = new Headers(response.headers);
        headers.delete('www-authenticate');
        return new Response(response.body, { status: 401, headers });
      };`;
    const url = `data:text/javascript,${encodeURIComponent(preload)}`;
    const { code, stdout, stderr } = await run([], ['--import', url]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^\nThe demo failed: the 401\n {2}expected \[\s+'Bearer scope="notes:read", .*\n {2}saw +\[\]\n$/s,
    );
    expect(stdout).not.toContain('Everything held');
  });
});

const hasCurl = await exec('curl', ['--version']).then(
  () => true,
  () => false,
);

describe('--serve', () => {
  let demo: Running | undefined;

  afterEach(() => {
    demo?.process.kill('SIGKILL');
  });

  test.skipIf(!hasCurl).each([
    { args: ['--serve'], signal: 'SIGTERM' },
    { args: ['--serve', '--hono'], signal: 'SIGINT' },
  ] as const)(
    '$args: its curl lines do what they say, $signal ends it',
    async ({ args, signal }) => {
      demo = start(args);
      const stdout = await demo.printed('Ctrl-C');
      const curls = stdout.split('\n').filter((line) => line.startsWith('curl -i '));
      expect(curls).toHaveLength(3);
      expect(stdout).not.toMatch(/eyJ|[\w-]{30,}/);

      const answers: string[] = [];
      for (const curl of curls) answers.push((await exec('bash', ['-c', curl])).stdout);
      expect(answers.map((answer) => answer.split(' ')[1])).toEqual(['401', '403', '200']);
      expect(answers[0]).toMatch(/^www-authenticate: Bearer scope="notes:read"/im);
      expect(answers[1]).toMatch(/^www-authenticate: Bearer error="insufficient_scope"/im);
      expect(answers[2]).toContain('Added: By hand');

      const files = curls.flatMap((curl) =>
        [...curl.matchAll(/@(\S+)/g)].map(([, file = '']) => file),
      );
      expect(files).toHaveLength(6);
      for (const file of files) expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(
        files.filter((file) => readFileSync(file, 'utf8').includes('Bearer eyJ')),
      ).toHaveLength(2);

      demo.process.kill(signal);
      const { code, stderr } = await demo.finished;
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(existsSync(dirname(files[0] ?? ''))).toBe(false);
    },
  );
});

/** What the client asks of the notes server, and how it is answered. */
function storyOf(greeting: string, ...more: readonly string[]): string[] {
  return [
    ...[`${greeting} 401`, `${greeting} 200`, ...more, 'tools/list 200'],
    ...['tools/call read_notes 200', 'tools/call add_note 403', 'tools/call add_note 200'],
    ...['tools/call admin_purge 403', 'tools/call read_notes 200'],
  ];
}

/** The header fields, put together again from their lines. */
function challengesOf(lines: readonly string[]): string[] {
  const fields: string[] = [];
  let inField = false;
  for (const line of lines) {
    if (line.trim() === 'WWW-Authenticate:') {
      fields.push('');
      inField = true;
    } else if (inField && line.startsWith(' '.repeat(12))) {
      const sofar = fields.pop() ?? '';
      fields.push(sofar + (sofar.endsWith(',') ? ' ' : '') + line.trim());
    } else {
      inField = false;
    }
  }
  return fields;
}
