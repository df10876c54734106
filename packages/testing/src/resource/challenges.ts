/**
 * Checks of a refusal's challenge.
 *
 * @module
 */
import { protectedResourceMetadataUrl } from '@scopegate/core';
import type { Seen } from './probe.js';
import type { CheckContext } from './context.js';

/** Checks grammar and common parameters of a refusal's challenge. The names of the checks begin with `check`. */
export function checkChallenge(
  { report, resource }: CheckContext,
  check: string,
  seen: Seen,
): void {
  const { challenges, bearer, summary } = seen;
  const present = report.record({
    ...{ check: `${check}: has a Bearer challenge`, ids: ['CH-1', 'CH-6', 'T43'] },
    holds: bearer !== undefined,
    seen: summary,
    expected: 'WWW-Authenticate with exactly one Bearer challenge (RFC 6750 s3)',
    howToMend:
      'write the refusal that the gate decided on unchanged, and let nothing behind it remove or append the header',
  });
  if (!present || bearer === undefined) return;
  // The other checks read the renamed header, so that a renamed header is only one finding.
  report.record({
    ...{ check: `${check}: the challenge is in WWW-Authenticate`, ids: ['CH-1', 'T43'] },
    holds: seen.renamed === undefined,
    seen: summary,
    expected: 'the header by its own name: no client reads another one',
    howToMend:
      'AWS API Gateway (REST APIs) renames it: use an HTTP API, a function URL or a load balancer, or rename it back in front, with a CloudFront function (docs/in-front.md)',
  });
  const problems = challenges.flatMap((challenge) => challenge.problems);
  report.record({
    ...{ check: `${check}: the challenge follows the grammar`, ids: ['CH-2', 'CH-3', 'CH-7'] },
    holds: problems.length === 0 && bearer.params.size > 0,
    seen: () => `${problems.map(({ code }) => code).join(', ')}: ${summary}`,
    expected: 'RFC 9110 s11.6.1: name="value" pairs with commas between, everything quoted',
    howToMend: 'write challenges with bearerChallenge(), not by concatenating strings',
  });
  const misread = ['error', 'scope', 'resource_metadata'].filter(
    (name) => firstMatch(seen.challengeValue, name) !== bearer.params.get(name),
  );
  report.record({
    ...{ check: `${check}: simple readers read the same`, ids: ['CH-11'] },
    severity: 'should',
    holds: misread.length === 0,
    seen: () => `${misread.join(', ')} read otherwise: ${summary}`,
    expected:
      'Bearer first, lower-case names, and no text before a parameter that holds its name and =: many clients search the line without a grammar',
    howToMend: 'put error_description last, and write challenges with bearerChallenge()',
  });
  const named = bearer.params.get('resource_metadata');
  const expected = protectedResourceMetadataUrl(resource);
  report.record({
    ...{ check: `${check}: names the metadata`, ids: ['C401-1', 'C401-5', 'PR-1'] },
    holds: named === expected,
    seen: summary,
    expected: `resource_metadata="${expected}" (RFC 9728 s5.1)`,
    howToMend:
      'set the resource identifier to the URL that clients use, as configuration; never take host or path from the request',
  });
}

/** Reads a parameter as the clients of the MCP SDK do: the first match anywhere in the value. */
function firstMatch(line: string, name: string): string | undefined {
  if (!/^(?:Bearer|DPoP) /.test(line)) return undefined;
  const value = new RegExp(`${name}=("[^"]*"|[^\\s,]+)`).exec(line)?.[1];
  return value?.replace(/^"(.*)"$/, '$1');
}

/** The names of the checks of refusals, each behind the name of the check that was refused. */
export const REFUSAL_CHECKS = ['no answer is cached', 'no answer tells of the token'] as const;

/** Checks that refusals are not cached and do not repeat a token. Without a refusal there is nothing to check. */
export function checkRefusals(
  { report, probe }: CheckContext,
  check: string,
  refused: readonly Seen[],
): void {
  const seen = refused.filter(({ status }) => status !== 0);
  if (seen.length === 0) {
    for (const name of REFUSAL_CHECKS) report.skip(`${check}: ${name}`, 'nothing was refused');
    return;
  }
  const cached = seen.find((one) => !/\bno-store\b/i.test(one.headers.get('cache-control') ?? ''));
  report.record({
    ...{ check: `${check}: no answer is cached`, ids: ['T49'] },
    severity: 'should',
    holds: cached === undefined,
    seen: () => `Cache-Control: ${cached?.headers.get('cache-control') ?? 'none'}`,
    expected: 'Cache-Control: no-store on a refusal (RFC 9111 s5.2.2.5)',
    howToMend: 'keep the headers of the refusal when writing it',
  });
  const parts = [...probe.tokens].flatMap(partsOf);
  const telling = seen.find(({ text, headers }) => {
    const answer = [text, ...headers.values()].join('\n');
    return parts.some((part) => answer.includes(part));
  });
  report.record({
    ...{ check: `${check}: no answer tells of the token`, ids: ['T44', 'T72'] },
    holds: telling === undefined,
    seen: () => `the answer repeats a token that was sent: ${telling?.summary ?? ''}`,
    expected: 'no token and no part of one in an answer',
    howToMend: 'leave token and verifier messages out of error answers and of logs',
  });
}

/** Parts of a token that are too long to occur in an answer by chance. */
function partsOf(token: string): readonly string[] {
  return token.split('.').filter((part) => part.length >= 24);
}
