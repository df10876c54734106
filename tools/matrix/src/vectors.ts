/**
 * The vectors of core without a test runner and without Node, so that they run on every runtime.
 *
 * @module
 */
import {
  parseAuthorization,
  parseChallenges,
  parseScope,
  protectedResourceMetadataUrl,
  scopesFromClaims,
  serializeChallenge,
  serializeScope,
  unionScopes,
  validateResourceMetadata,
} from '@scopegate/core';
import type { Challenge } from '@scopegate/core';
import type {
  AuthorizationVector,
  ChallengeVector,
  ClaimsVector,
  MetadataUrlVector,
  MetadataValidationVector,
  ScopeVector,
} from '../../../packages/core/test/http/vectors.js';

/** The files as text, by name. The bundler puts them here: a JSON module would take `__proto__` for a prototype. */
declare const VECTORS: Readonly<Record<string, string>>;

export interface Outcome {
  readonly passed: number;
  readonly failures: readonly string[];
}

/** Runs every vector and collects those that fail. */
export function runVectors(): Outcome {
  const failures: string[] = [];
  let passed = 0;
  const check = (file: string, verify: (vector: never) => void): void => {
    const { vectors } = JSON.parse(VECTORS[file] ?? '') as {
      readonly vectors: readonly { readonly name: string }[];
    };
    for (const vector of vectors) {
      try {
        verify(vector as never);
        passed += 1;
      } catch (error) {
        failures.push(`${file}: ${vector.name}: ${(error as Error).message}`);
      }
    }
  };

  check('challenges', ({ raw, expected, must_fail, canonical }: ChallengeVector) => {
    const challenges = parseChallenges(raw);
    equal(challenges.map(shown), expected);
    const isRefused = throws(() => parseChallenges(raw, { strict: true }));
    equal(isRefused, must_fail === true);
    if (canonical !== undefined) equal(challenges.map(serializeChallenge).join(', '), canonical);
  });
  check('authorization', ({ raw, token_syntax, expected }: AuthorizationVector) => {
    const options = token_syntax === undefined ? undefined : { tokenSyntax: token_syntax };
    equal(parseAuthorization(raw, options), expected);
  });
  check('scopes', ({ raw, must_fail, expected, canonical }: ScopeVector) => {
    equal(parseScope(raw), expected);
    equal(unionScopes(raw), expected.length === 0 ? undefined : expected.join(' '));
    if (must_fail === true)
      equal(
        throws(() => serializeScope(raw)),
        true,
      );
    else equal(serializeScope(raw), canonical ?? '');
  });
  check('scopes-from-claims', ({ input, claims, expected }: ClaimsVector) => {
    equal(scopesFromClaims(input, claims === undefined ? undefined : { claims }), expected);
  });
  check('metadata-urls', ({ resource, expected }: MetadataUrlVector) => {
    if (expected === undefined)
      equal(
        throws(() => protectedResourceMetadataUrl(resource)),
        true,
      );
    else equal(protectedResourceMetadataUrl(resource), expected);
  });
  check('metadata-validation', (vector: MetadataValidationVector) => {
    const verdict = validateResourceMetadata(vector.document, {
      requestUrl: vector.request_url,
      metadataUrl: vector.metadata_url,
      via: vector.via,
      ...(vector.allow_path_prefix === true && { allowPathPrefix: true }),
    });
    equal(verdict.ok, vector.expected.ok);
    if (!verdict.ok) equal(verdict.problem.code, vector.expected.problem);
  });
  return { passed, failures };
}

/** A challenge as the vectors write it. */
function shown({ scheme, params, token68, problems }: Challenge): object {
  return {
    scheme,
    params: [...params],
    ...(token68 !== undefined && { token68 }),
    ...(problems.length > 0 && { problems }),
  };
}

/** Both sides are JSON. */
function equal(seen: unknown, expected: unknown): void {
  const [left, right] = [sorted(seen), sorted(expected)];
  if (left !== right) throw new Error(`${left} is not ${right}`);
}

/** JSON with the members of every object in one order. */
function sorted(value: unknown): string | undefined {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function throws(run: () => unknown): boolean {
  try {
    run();
    return false;
  } catch {
    return true;
  }
}
