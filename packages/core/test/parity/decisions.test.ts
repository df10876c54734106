import { describe, expect, test } from 'vitest';
import { checkDecisions, named, toWire } from '../../../adapter-testkit/src/verify.js';
import { down, verifier } from '../../../adapter-testkit/src/tokens.js';
import { createRoutes, decisionsOf } from '../../../adapter-testkit/src/gates.js';
import {
  BODIES,
  CREDENTIALS,
  EMPTY_TOKENS,
  LABELS,
  MESSAGES,
  REVISIONS,
  SCOPES,
  VERBS,
} from '../../../adapter-testkit/src/cases/index.js';
import { toWebRequest } from '../support/notes-gates.js';

const routes = createRoutes({ verifier, down });

/** Those that a Web `Request` can say. */
const cases = [EMPTY_TOKENS, SCOPES, CREDENTIALS, VERBS, MESSAGES, BODIES, LABELS, REVISIONS]
  .flat()
  .filter(
    ({ method, body, headers = [] }) =>
      !headers.some(([name]) => name === 'Transfer-Encoding') &&
      !(body !== undefined && (method === 'GET' || method === 'HEAD')),
  );

describe('gate.check says as a value what adapters write', () => {
  test.each(cases)('$name [C403-6, T46]', async (one) => {
    const wire = toWire(one, named);
    const path = wire.target?.split('?')[0];
    const route = routes.find((candidate) => candidate.path === path);
    const told = route === undefined ? [] : decisionsOf(route.gate);
    told.length = 0;
    const decision = await route?.gate.check(toWebRequest(wire), route.rule);
    checkDecisions(told, one.expected);
    if ('runs' in one.expected) expect(decision).toMatchObject({ allowed: true });
    else {
      const { status, reason } = one.expected;
      expect(decision).toMatchObject({ allowed: false, status, reason });
    }
  });
});
