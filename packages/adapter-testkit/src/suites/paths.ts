/**
 * Spellings of a guarded path: if a router takes one to the handler, the gate must guard it.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { httpPolicy, publicAccess } from '@scopegate/core';
import type { App } from '../app.js';
import { PURGE } from '../cases/index.js';
import type { GuardedRoute } from '../harness.js';
import { verifier } from '../tokens.js';
import { bearer, toWire } from '../verify.js';
import { notesGate } from '../gates.js';
import type { TestGate } from '../gates.js';
import type { Suite } from './suite.js';

const SPELLINGS: readonly ((path: string) => string)[] = [
  (path) => path,
  (path) => path.toUpperCase(),
  (path) => `/${path[1]?.toUpperCase() ?? ''}${path.slice(2)}`,
  (path) => `${path}/`,
  (path) => `${path}//`,
  (path) => `/${path}`,
  (path) => `//${path}`,
  (path) => `/.${path}`,
  (path) => `/x/..${path}`,
  (path) => `/x/%2e%2e${path}`,
  (path) => `${path}/.`,
  (path) => `${path}/x/..`,
  (path) => `${path}/..;/`,
  (path) => `${path};a=b`,
  (path) => `${path}%3Ba=b`,
  (path) => `${path}?`,
  (path) => `${path}?x=/public`,
  (path) => `${path}#x`,
  (path) => `${path}%23x`,
  (path) => `${path}%3Fx`,
  (path) => `${path}%2F`,
  (path) => `${path}%2f..${path}`,
  (path) => `${path}%2e`,
  (path) => `${path}.`,
  (path) => `${path}.json`,
  (path) => `${path}%20`,
  (path) => `${path}%00`,
  (path) => `${path}%0d%0a`,
  (path) => `/%2f${path.slice(1)}`,
  (path) => `/%${path.charCodeAt(1).toString(16)}${path.slice(2)}`,
  (path) => `/%25${path.charCodeAt(1).toString(16)}${path.slice(2)}`,
  (path) => `\\${path.slice(1)}`,
  (path) => `/${path.slice(1, 3)}%C0%AE${path.slice(3)}`,
  (path) => `http://evil.example${path}`,
  (path) => `http://notes.example.com${path}`,
  (path) => `https://notes.example.com/${path}`,
  () => '*',
];

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'];

/** Headers by which some servers take another method, or another path. */
const OVERRIDES = [
  ['X-HTTP-Method-Override', 'GET'],
  ['X-HTTP-Method', 'OPTIONS'],
  ['X-Method-Override', 'HEAD'],
  ['X-Original-URL', '/public'],
  ['X-Rewrite-URL', '/public'],
] as const;

export function pathSuites(routes: readonly GuardedRoute[]): readonly Suite[] {
  const ruled = routes.filter(({ path }) => path === '/mcp' || path === '/export');
  return ['', '/api'].map((prefix): Suite => {
    const named: string[] = [];
    return {
      name: prefix === '' ? 'paths' : 'paths under a prefix',
      setup: { routes: [...ruled, namedRoute(named)], prefix },
      checks: [
        ...SPELLINGS.map((spell) => ({
          title: `${spell(`${prefix}/export`)} is served only to those whom the gate allows [AH-3, OP-14, T31, T32]`,
          run: async (app: App) => {
            for (const { path } of ruled) {
              await isGuarded(app, spell(prefix + path), path === '/mcp');
            }
          },
        })),
        {
          title: 'a rule that is a function receives the path [T31, T32]',
          run: async (app) => {
            const { headers = [] } = bearer('admin', undefined);
            named.length = 0;
            const answer = await app.send({ target: `${prefix}/named?x=1`, headers });
            assert.equal(answer.status, 200, answer.body);
            // Some frameworks still show what a mount cut off, others do not.
            const paths = [`GET ${prefix}/named`, 'GET /named'];
            assert.ok(paths.includes(named.join()), named.join());
          },
        },
        {
          title:
            'protect refuses a policy over paths at mount, since a router decides first [T136]',
          run: async (app) => {
            const error = await app.startOther([{ path: '/admin', gate: byPath }]);
            assert.ok(error instanceof TypeError, `started, or failed with ${String(error)}`);
            assert.match(error.message, /protect\(gate, rule\).+gate\.fetch/);
          },
        },
      ],
    };
  });
}

/** A route whose rule records the operations that it receives. */
function namedRoute(named: string[]): GuardedRoute {
  return {
    path: '/named',
    gate: notesGate(verifier),
    rule: ({ operation }) => {
      const { method, name = '' } = operation;
      named.push(`${method} ${name}`);
      return 'admin:notes';
    },
  };
}

/** A gate whose policy finds the operation by the path. */
const byPath: TestGate = notesGate(verifier, {
  policy: httpPolicy([
    { method: '*', path: '/admin', rule: 'admin:notes' },
    { method: '*', path: '/public', rule: publicAccess() },
  ]),
});

/** Without a token, or with one that is not sufficient, no method may reach the application. */
async function isGuarded(app: App, target: string, isMcp: boolean): Promise<void> {
  for (const method of METHODS) {
    for (const token of [undefined, 'noScope']) {
      const isRead = method === 'GET' || method === 'HEAD';
      const body = isRead ? undefined : PURGE;
      const { headers = [], ...request } = toWire({
        ...{ name: '', method, target, body, expected: { runs: [] } },
        ...(token !== undefined && { token }),
      });
      app.reset();
      const { status } = await app.send({ ...request, headers: [...headers, ...OVERRIDES] });
      const what = `${method} ${target} with ${token ?? 'no token'} was answered ${status}`;
      // A stream of MCP needs a token, and no scope.
      if (!(isMcp && isRead && token === 'noScope')) assert.equal(app.calls.length, 0, what);
      assert.deepEqual(app.ran, [], what);
      assert.ok(status < 500, what);
    }
  }
}
