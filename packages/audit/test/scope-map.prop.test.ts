import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { scopeMap } from '../src/index.js';
import type { Passes, ScopeMapRow } from '../src/index.js';
import {
  allOf,
  anyOf,
  authenticated,
  createGate,
  defineScopes,
  deny,
  parseChallenges,
  publicAccess,
  recentLogin,
  rule,
  where,
} from '@scopegate/core';
import type { Decision, Gate, Rule } from '@scopegate/core';
import { mcpPolicy } from '@scopegate/core/mcp';
import { callTool, header, request, rpc, scopesAsToken } from '../../core/test/support/mcp.js';

const NAMES = ['read', 'write', 'admin', 'list', '__proto__'] as const;

/** Each implies what stands behind it in the list, where the bits say so. */
const anyCatalogue = fc
  .array(fc.nat(2 ** NAMES.length - 1), { minLength: NAMES.length, maxLength: NAMES.length })
  .map((bits) => {
    const entries = NAMES.map((name, index) => {
      const implies = NAMES.filter((_, at) => at > index && ((bits[index] ?? 0) & (1 << at)) !== 0);
      return [name, { implies }] as const;
    });
    return defineScopes<string>(Object.fromEntries(entries));
  });

/** What a request says to a condition or a function. */
const OUTCOMES = [
  () => true,
  () => false,
  () => {
    throw new Error('cannot tell');
  },
] as const;

const fixed = fc.constantFrom<Rule>(...NAMES, authenticated(), publicAccess(), deny());

function anyRule(leaf: fc.Arbitrary<Rule>): fc.Arbitrary<Rule> {
  return fc.letrec<{ rule: Rule; list: Rule[] }>((tie) => ({
    list: fc.array(tie('rule'), { minLength: 1, maxLength: 3 }),
    rule: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { weight: 4, arbitrary: leaf },
      { weight: 2, arbitrary: tie('list').map((list) => allOf(...(list as [Rule]))) },
      { weight: 2, arbitrary: tie('list').map((list) => anyOf(...(list as [Rule]))) },
    ),
  })).rule;
}

const staticRule = anyRule(fixed);
const dynamicRule = anyRule(
  fc.oneof(
    { weight: 4, arbitrary: fixed },
    fc
      .tuple(fc.constantFrom(...OUTCOMES), staticRule)
      .map(([holds, needed]) => where(holds, needed)),
    fc
      .tuple(fc.constantFrom(...OUTCOMES), staticRule)
      .map(([holds, needed]) => rule(() => (holds() ? needed : deny()))),
    fc.constant<Rule>(recentLogin({ maxAge: 60 })),
  ),
);

const grants = fc.dictionary(
  fc.constantFrom('a', 'b', 'c'),
  fc.option(fc.subarray([...NAMES]), { nil: undefined }),
  { minKeys: 1, noNullPrototype: true },
);

/** A request that falls under the row. */
function callOf({ kind, method, name }: ScopeMapRow): object {
  if (kind === 'operation') return callTool(name);
  return method === 'otherTools' ? callTool('unheard of') : rpc('tools/list');
}

async function ask(gate: Gate, row: ScopeMapRow, scopes: readonly string[] | null) {
  const token = scopes === null ? undefined : scopes.join('+') || 'none';
  return gate.check(request({ token, body: callOf(row) }));
}

function scopeOf(refusal: Decision): string {
  const [challenge] = parseChallenges(header(refusal, 'www-authenticate') ?? '');
  return challenge?.params.get('scope') ?? '';
}

test.each<readonly [what: string, rules: fc.Arbitrary<Rule>, possible: readonly Passes[]]>([
  ['static rules', staticRule, ['yes', 'no']],
  ['rules that ask the request', dynamicRule, ['yes', 'no', 'depends']],
])('%s: the map says what a gate decides [SC-2, SC-5]', async (_, anyOne, possible) => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      anyCatalogue,
      fc.tuple(anyOne, anyOne, anyOne, anyOne),
      grants,
      async (catalogue, [first, second, otherTools, floor], columns) => {
        const policy = mcpPolicy(catalogue, { tools: { first, second }, otherTools, floor });
        const gate = createGate({
          resource: 'https://notes.example.com/mcp',
          verifier: scopesAsToken,
          scopes: catalogue,
          policy,
          challengeScopes: 'operation',
        });
        const map = scopeMap(gate, { grants: columns });
        const rows = map.rows.filter(
          ({ kind, method }) => kind === 'operation' || /^(?:otherTools|floor)$/.test(method),
        );
        expect(rows).toHaveLength(4);
        for (const row of rows) {
          for (const [at, cell] of row.access.entries()) {
            const decision = await ask(gate, row, map.grants[at]?.scopes ?? null);
            seen.add(cell.passes);
            // Without a token nothing is asked, so nothing is open.
            if (map.grants[at]?.scopes === null) expect(cell.passes).not.toBe('depends');
            if (cell.passes === 'depends') continue;
            expect(decision.allowed ? 'yes' : 'no').toBe(cell.passes);
            if (decision.allowed) continue;
            expect(decision.status).toBe(cell.status);
            if (!possible.includes('depends') && decision.status === 403) {
              expect(scopeOf(decision)).toBe(cell.challenge?.join(' '));
            }
          }
        }
      },
    ),
    { numRuns: 400 },
  );
  expect([...seen].toSorted()).toEqual(possible.toSorted());
});
