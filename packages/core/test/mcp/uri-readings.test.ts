/** Other spellings of a resource's URI. */
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { authenticated } from '../../src/index.js';
import type { Rule } from '../../src/index.js';
import { namesOf, readUri } from '../../src/mcp/uri-readings.js';
import { check, notesGate, rpc } from '../support/mcp.js';
import type { NotesScope } from '../support/mcp.js';

const KEYS: Readonly<Record<string, Rule<NotesScope>>> = {
  'file:///docs/secret.txt': 'admin:notes',
  'file:///docs/{name}': 'notes:read',
  'file:///docs/my%20plan.txt': 'admin:notes',
  'file:///docs/sub/{name}': 'notes:write',
  'file:///secret': 'admin:notes',
  'notes://all': 'notes:write',
  'notes://all?deep=1': 'admin:notes',
  'notes://{id}': 'notes:read',
  'repo://owner%2Fname': 'notes:read',
};
const gate = notesGate({ resources: KEYS, otherResources: authenticated() });

async function read(uri: string, token = 'notes.read'): Promise<string> {
  const decision = await check(gate, { token, body: rpc('resources/read', { uri }) });
  return decision.allowed ? 'allowed' : `${decision.status} ${decision.reason}`;
}

const OTHER = '400 invalid_body';
const TOO_LITTLE = '403 insufficient_scope';

test.each<readonly [uri: string, expected: string]>([
  ['file:///docs/secret.txt', TOO_LITTLE],
  ['file:///docs/open.txt', 'allowed'],
  ['file:///docs/OPEN.TXT', 'allowed'],
  ['file:///docs/a%20b', 'allowed'],
  ['file:///docs/100%25', 'allowed'],
  ['file:///docs/caf%C3%A9', 'allowed'],
  ['file:///other/secret.txt', 'allowed'],
  ['notes://1', 'allowed'],
  ['notes://Weekly', 'allowed'],
  ['notes://1?x', 'allowed'],
  ['notes://1#x/y', 'allowed'],
  ['notes://all', TOO_LITTLE],
  ['notes://all?deep=1', TOO_LITTLE],
  ['repo://owner%2Fname', 'allowed'],
  // Percent-encoding (RFC 3986 s6.2.2.1, s6.2.2.2).
  ['file:///docs/%73ecret.txt', OTHER],
  ['file:///docs/secret%2Etxt', OTHER],
  ['file:///docs/%2573ecret.txt', OTHER],
  ['file:///docs/%252573ecret.txt', OTHER],
  ['file:///docs/%2525252573ecret.txt', OTHER],
  ['file:///docs/caf%c3%a9', OTHER],
  ['file:///docs/%6Fpen.txt', OTHER],
  ['file:///docs/%ff', OTHER],
  ['file:///docs/%zz', OTHER],
  ['file:///docs/%00', OTHER],
  ['file:///docs/secret.txt%2500', OTHER],
  ['notes://%61ll', OTHER],
  ['repo://other%2Fname', OTHER],
  // Case.
  ['file:///docs/SECRET.txt', OTHER],
  ['file:///DOCS/secret.txt', OTHER],
  ['FILE:///docs/secret.txt', OTHER],
  ['notes://ALL', OTHER],
  // What some readers leave out.
  ['file:///docs/secret.txt.', OTHER],
  ['file:///docs/secret.txt%20', OTHER],
  ['file:///docs/secret.txt%20.%20', OTHER],
  ['file:///docs/%20secret.txt', OTHER],
  ['file:///docs/secret.txt;x', OTHER],
  ['file:///docs/secret.txt%3Bx', OTHER],
  ['file:///docs/secret.txt%3Fx', OTHER],
  ['file:///docs/secret.txt%23x', OTHER],
  ['file:///docs/secret.txt::$DATA', OTHER],
  ['file:///docs/MY%20PLAN.txt', OTHER],
  ['file:///docs/my%20plan.txt.', OTHER],
  ['file:///docs/my%2520plan.txt', OTHER],
  ['file:///docs/;x/secret.txt', OTHER],
  ['notes://all;x', OTHER],
  ['notes://all/', OTHER],
  ['notes://all?deep=2', OTHER],
  // The URI's own query and fragment.
  ['file:///docs/secret.txt?x', TOO_LITTLE],
  ['file:///docs/secret.txt#x', TOO_LITTLE],
  // Separators and dots.
  ['file:///docs//secret.txt', OTHER],
  ['file:////secret', OTHER],
  ['file://localhost/secret', OTHER],
  ['file:/secret', OTHER],
  ['file:///docs/../secret', OTHER],
  ['file:///docs/..;/secret', OTHER],
  ['file:///docs/..;x=1/secret', OTHER],
  ['file:///docs/%252e%252e/secret', OTHER],
  ['file:///docs/%252e%252e%252fsecret', OTHER],
  ['file:///docs/..\\secret', OTHER],
  ['file:///docs\\secret.txt', OTHER],
  ['file:///docs/%255csecret', OTHER],
  ['urn:a/../b', OTHER],
  // Characters that files systems take for others.
  ['file:///docs/%EF%BD%93ecret.txt', OTHER],
  ['file:///docs/%C5%BFecret.txt', OTHER],
  ['file:///docs/sub%EF%BC%8Fa', OTHER],
  ['file:///docs/%E2%80%A5', OTHER],
  ['secret.txt', OTHER],
  ['', OTHER],
  [' file:///docs/open.txt', OTHER],
])('%s is %s [T135, OP-16]', async (uri, expected) => {
  expect(await read(uri)).toBe(expected);
});

test('a URI has at most 2,048 characters [T184]', async () => {
  expect(await read(`notes://${'x'.repeat(2040)}`)).toBe('allowed');
  expect(await read(`notes://${'x'.repeat(2041)}`)).toBe(OTHER);
});

/** What a client may do to each character of a path, so that `fileURLToPath` still finds the file. */
const hex = (c: string, upper: boolean): string => {
  const digits = c.charCodeAt(0).toString(16).padStart(2, '0');
  return `%${upper ? digits.toUpperCase() : digits}`;
};
const spelling = (c: string): fc.Arbitrary<string> =>
  c === '/'
    ? fc.constantFrom('/', '/', '/', '//', '/./', '/x/../', '/%2e/', '\\', '/\t')
    : fc.constantFrom(c, c, c, c, c.toUpperCase(), hex(c, true), hex(c, false), `\t${c}`);
const spelt = (path: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom('file://', 'file://', 'FILE://', 'file://localhost', 'file:'),
      fc.tuple(...path.split('').map(spelling)),
      fc.constantFrom('', '', '', '.', ' ', '%20', ';x', '?x', '#x', '?', '#'),
    )
    .map(([start, parts, end]) => `${start}${parts.join('')}${end}`);

/** The file that a handler reads, on systems that tell letters' cases and on those that do not. */
function fileOf(uri: string, windows: boolean): string | undefined {
  try {
    const path = fileURLToPath(uri).replaceAll(/\/{2,}/g, '/');
    return windows ? path.replace(/[. ]+$/, '').toLowerCase() : path;
  } catch {
    return undefined;
  }
}

describe('every spelling of a file', () => {
  const FILES = [
    ['/docs/secret.txt', 'admin.notes', 'notes.write'],
    ['/docs/sub/a', 'notes.write', 'notes.read'],
    ['/secret', 'admin.notes', 'notes.write'],
  ] as const;

  test.each(FILES)(
    '%s has that file’s rule, or none [T135, OP-16]',
    async (path, enough, tooLittle) => {
      let reached = 0;
      await fc.assert(
        fc.asyncProperty(spelt(path), fc.boolean(), async (uri, windows) => {
          if (fileOf(uri, windows) !== path) return;
          reached++;
          expect(await read(uri, tooLittle), uri).not.toBe('allowed');
          expect(['allowed', OTHER], uri).toContain(await read(uri, enough));
        }),
        { numRuns: 3000, examples: [[`file://${path}`, false]] },
      );
      expect(reached).toBeGreaterThan(200);
      expect(await read(`file://${path}`, enough)).toBe('allowed');
    },
  );

  test('one character, encoded any way, is refused in any place [T135]', async () => {
    const path = '/docs/secret.txt';
    for (const [at, c] of path.split('').entries()) {
      for (const way of [
        hex(c, true),
        hex(c, false),
        c.toUpperCase(),
        `%25${hex(c, true).slice(1)}`,
      ]) {
        if (way === c) continue;
        const uri = `file://${path.slice(0, at)}${way}${path.slice(at + 1)}`;
        expect(await read(uri, 'notes.write'), uri).toBe(OTHER);
      }
    }
  });
});

test('what is taken for one another by keys themselves is open by its own URI only [T135]', async () => {
  const twins = notesGate({
    resources: {
      'notes://Ab': 'notes:read',
      'notes://aB': 'admin:notes',
      'db://A/{id}': 'notes:read',
      'db://a/{id}': 'admin:notes',
    },
  });
  const answer = async (uri: string): Promise<number | undefined> => {
    const body = rpc('resources/read', { uri });
    const decision = await check(twins, { token: 'notes.read', body });
    return decision.allowed ? 200 : decision.status;
  };
  expect(await answer('notes://Ab')).toBe(200);
  expect(await answer('notes://aB')).toBe(403);
  expect(await answer('notes://AB')).toBe(400);
  expect(await answer('db://A/1')).toBe(400);
  expect(await answer('db://a/1')).toBe(400);
});

test('a key that is not in normal form is found at once [T135, OP-16]', () => {
  for (const key of [
    ...[
      'secret',
      'FILE:///x',
      'file:///a/../b',
      'file:///%73',
      'https://H.example/',
      'file:///%c3%a9',
    ],
    ...['file:///a b', 'file:///A/../{id}', ''],
  ]) {
    expect(() => notesGate({ resources: { [key]: 'notes:read' } }), key).toThrow(
      `resources['${key}']: expected a URI in normal form`,
    );
  }
  for (const key of ['notes://All', 'file:///{id}', 'https://h.example/a%20b', 'urn:x:1', 'a:b']) {
    expect(() => notesGate({ resources: { [key]: 'notes:read' } }), key).not.toThrow();
  }
});

test('a URI may have 16 names, and not one more', () => {
  expect(namesOf('file:///a//%61.#f')).toHaveLength(16);
  expect(namesOf('file:///a.;x/?q/')).toBeUndefined();
});

test('parameters are taken off each segment, and what follows the path off the end [T135]', () => {
  const { texts, isClear } = readUri('notes://a;x=1/b;y/c?deep=1#part');
  expect(texts).toContain('NOTES:/A/B/C');
  expect(isClear).toBe(true);
  expect(readUri('notes://a;x=1/b?deep=1').texts).toEqual(['NOTES:/A', 'NOTES:/A/B']);
});

test.each<readonly [uri: string, last: string | undefined, isClear: boolean]>([
  // Only file URIs have streams, and only behind a separator.
  ['notes://a/b:c', 'NOTES:/A/B:C', true],
  ['profile:///a/b:c', 'PROFILE:/A/B:C', true],
  ['file:///a/b:c', 'FILE:/A/B', true],
  ['FILE:///a/b:c:d', 'FILE:/A/B', true],
  ['file:///', 'FILE:', true],
  // A dot segment that shows only when the URI is decoded, or without the spaces around it.
  ['notes://a/%252E/b', 'NOTES:/A/%252E/B', false],
  ['notes://a/%252E%252E/b', 'NOTES:/A/%252E%252E/B', false],
  ['notes://a/%20../b', 'NOTES:/A/%20/B', false],
  ['notes://a/%20./b', 'NOTES:/A/%20/B', false],
  ['notes://a/%EF%BC%8E/b', 'NOTES:/A/%EF%BC%8E/B', false],
  ['notes://a/..%20/b', 'NOTES:/A/..%20/B', false],
  ['notes://a/%20b./c', 'NOTES:/A/B/C', true],
  // Letters with several capitals, and those that are compared like others.
  ['notes://%E1%BA%9E', 'NOTES:/SS', true],
  ['notes://%C3%9F', 'NOTES:/SS', true],
  ['notes://%C5%BF', 'NOTES:/S', true],
  ['notes://%EF%BC%A1', 'NOTES:/A', true],
])('%s is last read as %s [T135]', (uri, last, isClear) => {
  const readings = readUri(uri);
  expect([readings.texts.at(-1), readings.isClear]).toEqual([last, isClear]);
});

test('a URI is decoded as often as it may be encoded, and is not clear behind that [T135]', () => {
  const encoded = (times: number): string =>
    `notes://a${Array.from({ length: times }).reduce<string>((text) => encodeURIComponent(text), ' b')}`;
  const clear = [0, 1, 2, 3, 4, 5, 6].map((times) => readUri(encoded(times)).isClear);
  const most = clear.lastIndexOf(true);
  expect(clear).toEqual(clear.map((_, times) => times <= most));
  expect(readUri(encoded(most)).texts.at(-1)).toBe('NOTES:/A B');
  expect(most).toBe(3);
});

test('a name without the spaces before a segment is one of those asked about [T135]', () => {
  expect(namesOf('file:///a/%20b')).toContain('file:///a/b');
});
