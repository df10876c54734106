import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { StepUpError, stepUpFetch } from '../src/index.js';
import type { StepUpFetchOptions } from '../src/index.js';

const resource = 'https://h.example/mcp';
const SCOPES = ['a', 'b', 'c', 'd'];

interface ServerAnswer {
  readonly status: number;
  readonly challenge: string | null;
}

const scopeValue = fc.subarray(SCOPES).map((scopes) => scopes.join(' '));
const serverAnswer: fc.Arbitrary<ServerAnswer> = fc.oneof(
  fc.constant({ status: 200, challenge: null }),
  fc.record({
    status: fc.constantFrom(401, 403, 403, 403),
    challenge: fc.oneof(
      scopeValue.map((scope) => `Bearer error="insufficient_scope", scope="${scope}"`),
      fc.constantFrom(
        null,
        'Bearer',
        'Bearer error="invalid_token"',
        'Bearer error="insufficient_user_authentication", max_age=1',
        'Bearer error="insufficient_scope"',
        'Bearer error="insufficient_scope", scope="a", scope="b"',
        'Basic',
        'DPoP error="use_dpop_nonce"',
      ),
    ),
  }),
  fc.constant({ status: 302, challenge: null }),
);

/** What the application does with an authorization. */
const outcome = fc.constantFrom(
  ...[
    'all',
    'all',
    'all',
    'nothing new',
    'same token',
    'no token',
    'denied',
    'redirected',
    'opaque',
  ],
);

async function play(
  answers: readonly ServerAnswer[],
  outcomes: readonly string[],
  ledger: NonNullable<StepUpFetchOptions['ledger']>,
  operations: readonly string[],
) {
  let issued = 0;
  let token: { accessToken: string; scope?: string } | undefined;
  let asked = 0;
  let authorizations = 0;
  const perRequest: number[] = [];
  const problems: unknown[] = [];
  const requests: { scope: string | undefined; added: readonly string[] }[] = [];
  const fetch = stepUpFetch({
    resource,
    ledger,
    discovery: false,
    token: () => token,
    fetch: async () => {
      const { status, challenge } = answers[asked % answers.length] ?? {
        status: 200,
        challenge: null,
      };
      asked += 1;
      return new Response(null, {
        status,
        headers: challenge === null ? {} : { 'www-authenticate': challenge },
      });
    },
    async authorize({ scope, added, reason }) {
      const what = outcomes[authorizations % outcomes.length];
      authorizations += 1;
      if (reason === 'step-up') requests.push({ scope, added });
      const accessToken = `token-${(issued += 1)}`;
      if (what === 'denied') throw Object.assign(new Error('no'), { error: 'access_denied' });
      if (what === 'redirected') return 'redirected';
      if (what === 'no token') token = undefined;
      if (what === 'all') token = { accessToken, scope: scope ?? '' };
      if (what === 'nothing new') token = { accessToken, scope: token?.scope ?? '' };
      if (what === 'opaque') token = { accessToken };
    },
  });
  for (const operation of operations) {
    const before = authorizations;
    await fetch(`${resource}/${operation}`).catch((error: unknown) => problems.push(error));
    perRequest.push(authorizations - before);
  }
  return { perRequest, problems, authorizations, requests, asked };
}

test('any answers, any outcomes: every request ends within its limit [CS-5, CS-6, T114]', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(serverAnswer, { minLength: 1, maxLength: 12 }),
      fc.array(outcome, { minLength: 1, maxLength: 6 }),
      fc.array(fc.constantFrom('x', 'y', 'z'), { minLength: 1, maxLength: 12 }),
      async (answers, outcomes, operations) => {
        const played = await play(answers, outcomes, new Map(), operations);
        // A login and two step-ups, or one of them and another login.
        for (const count of played.perRequest) expect(count).toBeLessThanOrEqual(3);
        expect(played.asked).toBeLessThanOrEqual(operations.length * 6);
        for (const problem of played.problems) expect(problem).toBeInstanceOf(StepUpError);
        // Each step-up asks for something new.
        for (const { added } of played.requests) expect(added.length).toBeGreaterThan(0);
      },
    ),
    { numRuns: 500 },
  );
});

test('a server that only refuses: one limit for all requests together [CS-5, CS-6, T114]', async () => {
  const refusal = serverAnswer.filter(({ status }) => status === 401 || status === 403);
  await fc.assert(
    fc.asyncProperty(
      fc.array(refusal, { minLength: 1, maxLength: 12 }),
      fc.array(outcome, { minLength: 1, maxLength: 6 }),
      async (answers, outcomes) => {
        const ledger = new Map<string, string>();
        const operations = Array.from({ length: 40 }, (_, i) => String(i % 15));
        const first = await play(answers, outcomes, ledger, operations);
        const second = await play(answers, outcomes, ledger, operations);
        expect(first.authorizations + second.authorizations).toBeLessThanOrEqual(10);
      },
    ),
    { numRuns: 200 },
  );
});
