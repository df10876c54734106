/** What functions and conditions are told of an HTTP target, whatever way the client spells it. */
import { describe, expect, test } from 'vitest';
import { createGate, httpPolicy, where } from '../../src/index.js';
import type { Rule, RuleContext } from '../../src/index.js';
import { scopes, scopesAsToken } from '../support/mcp.js';
import type { NotesScope } from '../support/mcp.js';

const byName = ({ operation }: RuleContext): NotesScope =>
  operation.name === '/files/secret' || operation.name === '/files/my plan'
    ? 'admin:notes'
    : 'notes:read';

const options = { resource: 'https://a.example', verifier: scopesAsToken, scopes };
const open = createGate(options);

async function isAllowed(url: string, rule: Rule<NotesScope>, token = 'notes.read') {
  const headers = new Headers({ authorization: `Bearer ${token}` });
  const routes = httpPolicy([{ method: 'GET', path: '/files/{name}', rule }]);
  const [policy, route] = await Promise.all([
    createGate({ ...options, policy: routes }).check({ method: 'GET', url, headers }),
    open.check({ method: 'GET', url, headers }, rule),
  ]);
  return { policy: policy.allowed, route: route.allowed };
}

describe('a name that a function compares is found in every spelling', () => {
  test.each([
    ...['/files/secret', '/files/%73ecret', '/files/%2573ecret', '/files/%73%65%63%72%65%74'],
    ...['/files/secret;x', '/files/secret%3Bx', '/files;x/secret', '/files/secret.'],
    ...['/files/secret%20', '/files/se%09cret', '/files/secret?x', '/files/secret#x'],
    ...['/files/%73ecret;x?y', '/files/secret/', '//files/secret', '/files//secret/'],
    ...['/files/x%252F..%252Fsecret', '/files/x%255C..%255Csecret', '/files%255Csecret'],
    ...['/files/my%20plan', '/files/m%79%20plan', 'https://a.example/files/%73ecret?x'],
  ])('%s [T32]', async (url) => {
    expect(await isAllowed(url, byName)).toEqual({ policy: false, route: false });
    const condition = where<NotesScope>(
      (context) => byName(context) === 'notes:read',
      'notes:read',
    );
    expect(await isAllowed(url, condition)).toEqual({ policy: false, route: false });
  });
});

test.each([
  ...['/files/open', '/files/my%20other', '/files/J%C3%BCrgen', '/files/100%', '/files/100%25'],
  ...['/files/Report.PDF', '/files/open?next=https%3A%2F%2Fb.example%2Fa%2520b;c=%3B'],
  // Case is the router's business: a function must fold it if the handler ignores it.
  '/files/SECRET',
])('%s is another name [T32]', async (url) => {
  expect(await isAllowed(url, byName)).toEqual({ policy: true, route: true });
});

describe('where a handler may read the path in another way still', () => {
  test.each([
    ...['/files/a;b', '/files/v1.0.', '/files/%20a', '/files/a%2520b', '/files/group%252Fproject'],
    ...['/files/a%09b', '/files/a%255Cb', '/files/a%3Fb', '/files/a%23b'],
  ])('%s has no name: functions that read it do not hold, others do [T32]', async (url) => {
    expect(await isAllowed(url, byName)).toEqual({ policy: false, route: false });
    const condition = where<NotesScope>(({ auth }) => auth.scopes.length > 0, 'notes:read');
    expect(await isAllowed(url, condition)).toEqual({ policy: true, route: true });
  });
});

test.each([
  ['/', '/'],
  ['/a', '/a'],
  ['/a/', '/a'],
  ['/a?b=%20;c', '/a'],
  ['/users/%61%40example.com', '/users/a@example.com'],
  ['/my%20plan', '/my plan'],
  ['/caf%c3%a9', '/caf\u00e9'],
  ['/A/b', '/A/b'],
  ['https://h.example', '/'],
  ['https://h.example/a?b', '/a'],
])('a function at a route is told of %s as %s, once [T32]', async (url, name) => {
  const asked: unknown[] = [];
  const note = ({ operation }: RuleContext): NotesScope => {
    asked.push(operation);
    return 'notes:read';
  };
  const headers = new Headers({ authorization: 'Bearer notes.read' });
  expect((await open.check({ method: 'GET', url, headers }, note)).allowed).toBe(true);
  expect(asked).toEqual([{ protocol: 'http', method: 'GET', name }]);
});
