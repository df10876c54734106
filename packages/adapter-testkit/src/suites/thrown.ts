/**
 * What the application throws: scope errors are the gate's to answer, all others the application's.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { InsufficientScopeError } from '@scopegate/core';
import { FOREIGN_ERRORS, SCOPE_ERRORS, THROWN_IN_MCP, ask } from '../cases/index.js';
import type { Case } from '../cases/index.js';
import type { App } from '../app.js';
import type { GuardedRoute } from '../harness.js';
import { toWire, verify } from '../verify.js';
import type { Suite } from './suite.js';

export function thrownSuite(routes: readonly GuardedRoute[]): Suite {
  const readable = routes.map((route) =>
    route.path === '/export' ? { ...route, rule: 'notes:read' as const } : route,
  );
  return {
    name: 'thrown errors',
    setup: { routes: readable },
    checks: [
      ...SCOPE_ERRORS.map(({ what, make, expected }) => ({
        title: `${what} becomes the 403 of the gate [C403-1, C403-2]`,
        run: (app: App) => thrown(app, make, ask(expected)),
      })),
      {
        title: 'in an MCP call, it is a JSON-RPC error with the id of the call [C403-1, C403-4]',
        run: (app) => thrown(app, () => new InsufficientScopeError('admin:notes'), THROWN_IN_MCP),
      },
      ...FOREIGN_ERRORS.map(([what, make]) => ({
        title: `${what} goes to the application's own error handler`,
        run: (app: App) => foreign(app, make()),
      })),
    ],
  };
}

/** Fails unless the case is answered as if the gate itself had refused. */
async function thrown(app: App, make: () => unknown, one: Case): Promise<void> {
  app.respond = () => {
    // The request was allowed to reach the application; the case is about the answer.
    app.calls.length = 0;
    app.ran.length = 0;
    throw make();
  };
  await verify(one, app);
}

async function foreign(app: App, error: unknown): Promise<void> {
  app.respond = () => {
    throw error;
  };
  const answer = await app.send(toWire(ask({ runs: [] })));
  assert.equal(answer.status, 418);
  assert.equal(answer.body, 'mine');
  assert.equal(app.errors.length, 1);
  assert.equal(app.errors[0], error);
}
