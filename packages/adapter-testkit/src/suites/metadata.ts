/**
 * Protected resource metadata is served at the root, also if the guarded routes have a prefix.
 *
 * @module
 */
import assert from 'node:assert/strict';
import {
  ADD,
  FORGED_HOSTS,
  METADATA,
  NO_METADATA,
  READ,
  missingWrite,
  unauthorized,
} from '../cases/index.js';
import type { Case } from '../cases/index.js';
import type { GuardedRoute } from '../harness.js';
import { checkMetadata, verify } from '../verify.js';
import type { Check, Suite } from './suite.js';

const PREFIX = '/api';

const UNDER_PREFIX: readonly Case[] = [
  { name: 'no token', body: READ, expected: unauthorized },
  { name: 'a reader who reads', token: 'reader', body: READ, expected: { runs: ['read_notes'] } },
  { name: 'a reader who writes', token: 'reader', body: ADD, expected: missingWrite },
  {
    name: 'somebody at a route with a rule',
    method: 'GET',
    target: '/export',
    token: 'writer',
    expected: { runs: ['plain'] },
  },
];

export function metadataSuites(routes: readonly GuardedRoute[]): readonly Suite[] {
  const documents: readonly Check[] = METADATA.map((one) => ({
    title: `metadata: ${one.name} ${one.ids}`,
    run: (app) => checkMetadata(one, app),
  }));
  return [
    {
      name: 'at the root',
      setup: { routes },
      checks: [
        ...documents,
        ...NO_METADATA.map((target) => none(target)),
        ...FORGED_HOSTS.map((one): Check => ({
          title: `a forged host, ${one.name}, is not in the challenge ${one.ids}`,
          run: (app) => verify(one, app),
        })),
      ],
    },
    {
      name: 'under a prefix',
      setup: { routes, prefix: PREFIX },
      checks: [
        ...documents,
        ...METADATA.slice(0, 1).map(({ target }) => none(`${PREFIX}${target}`)),
        none(`${PREFIX}/mcp/.well-known/oauth-protected-resource`),
        ...UNDER_PREFIX.map((one): Check => ({
          title: `routes are guarded: ${one.name} [PR-1, T32]`,
          run: (app) => verify(one, app, { prefix: PREFIX }),
        })),
      ],
    },
  ];
}

function none(target: string): Check {
  return {
    title: `no metadata at ${target} [PR-1, T32]`,
    run: async (app) => {
      const answer = await app.send({ method: 'GET', target });
      assert.ok(answer.status >= 300, `answered ${answer.status}`);
      assert.doesNotMatch(answer.body, /"resource"/);
    },
  };
}
