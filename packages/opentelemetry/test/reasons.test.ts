/**
 * Every reason, status and detail that core names reaches the reports of operators: none is left out of events,
 * span attributes and the summary, and the names are the ones that core's sources can produce.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatDecisionSummary, summarizeDecisions } from '../../audit/src/index.js';
import type { DecisionEvent, Reason, RefusalStatus, TokenProblem } from '../../core/src/index.js';
import { decisionAttributes, spanAttributes } from '../src/attributes.js';

/** A reason that is missing here does not compile. */
const REASONS: Readonly<Record<Reason, readonly RefusalStatus[]>> = {
  preflight: [204],
  origin_not_allowed: [403],
  malformed_credentials: [400],
  no_credentials: [401],
  invalid_token: [401],
  invalid_dpop_proof: [401],
  use_dpop_nonce: [401],
  verifier_unavailable: [503],
  body_timeout: [408],
  body_too_large: [413],
  unsupported_body: [415],
  invalid_body: [400],
  header_mismatch: [400],
  unknown_id: [404],
  method_not_allowed: [405],
  insufficient_scope: [403],
  insufficient_user_authentication: [401],
  denied: [403],
  rule_invalid: [403],
  internal: [503],
};

const DETAILS: Readonly<Record<TokenProblem, true>> = {
  ...{ form: true, scheme: true, algorithm: true, type: true, issuer: true, audience: true },
  ...{ expired: true, not_yet_valid: true, binding: true, proof: true, nonce: true, claims: true },
  ...{ key_unknown: true, signature: true, revoked: true, inactive: true, unknown: true },
  other: true,
};

const event = (reason: Reason, status: RefusalStatus, detail?: TokenProblem): DecisionEvent => ({
  ...{ outcome: 'refused', reason, status, resource: 'https://notes.example.com/mcp' },
  ...{ time: 1, ms: 1, ...(detail && { detail }) },
});

test.each(Object.entries(REASONS))('%s', (name, statuses) => {
  for (const status of statuses) {
    const one = event(name as Reason, status);
    expect(decisionAttributes(one)).toMatchObject({ 'scopegate.reason': name });
    expect(spanAttributes(one, false)).toMatchObject({ 'http.response.status_code': status });
    const summary = summarizeDecisions([one]);
    expect(summary.reasons).toEqual([{ reason: name, count: 1 }]);
    for (const format of ['text', 'markdown'] as const) {
      expect(formatDecisionSummary(summary, format).replaceAll('\\', '')).toContain(name);
    }
  }
});

test.each(Object.keys(DETAILS))('%s', (name) => {
  const one = event('invalid_token', 401, name as TokenProblem);
  expect(decisionAttributes(one)).toMatchObject({ 'scopegate.detail': name });
  const summary = summarizeDecisions([one]);
  expect(summary.details).toEqual([{ detail: name, count: 1 }]);
  expect(formatDecisionSummary(summary, 'text')).toContain(name);
});

test('core makes no refusal and no detail by another name', () => {
  const root = new URL('../../core/src', import.meta.url).pathname;
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const texts = files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(root, file), 'utf8'));
  const found = (pattern: RegExp): string[] => [
    ...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, name]) => name ?? ''))),
  ];
  const details = found(/\bdetail: '([a-z_]+)'/g);
  expect(details.length).toBeGreaterThan(8);
  expect(details.filter((name) => !(name in DETAILS))).toEqual([]);
  const reasons = found(/#(?:write|challenge)\(\s*\d+,\s*'([a-z_]+)'/g);
  expect(reasons.length).toBeGreaterThan(3);
  expect(reasons.filter((name) => !(name in REASONS))).toEqual([]);
});
