/**
 * Verifies tokens by asking the authorization server (RFC 7662).
 *
 * @module
 */
import { INTROSPECTION, allowedIssuers, markFactory } from '../index.js';
import type { IntrospectionStatements, VerifiedToken, Verifier } from '../index.js';
import { answerFinder } from './answers.js';
import { introspector } from './introspect.js';
import { checkAnswer, describeFailure, failedCheck } from './check-claims.js';
import { checkIntrospectionOptions } from './check-options.js';
import type { IntrospectionVerifierOptions } from './options.js';
import type { Answer } from './read-answer.js';

/** Maximum number of characters of a token; longer tokens are refused without a request. */
const MAX_TOKEN_LENGTH = 16 * 1024;

/**
 * Makes a verifier for tokens that only their issuer can read. It sends the token to the endpoint in the
 * body of a POST, over https, with client authentication.
 *
 * Accepts a token if `active` of the answer is `true` and the other members pass their checks: `iss`, if
 * present, equals the configured issuer; `aud` is accepted, and present unless `requireAudience` is off; `exp`
 * and `nbf`, if present, allow the token now; `token_type`, if present, is `Bearer` (or `DPoP` beside a `cnf`,
 * which the gate checks); and no member marks a refresh or ID token. Concurrent requests with the same token
 * cause one request, and at most `maxConcurrentRequests` run at the same time. Active answers are cached for
 * `cache.ttl` seconds: a revoked token works that long at most.
 *
 * The outcome is a 503, and an error for `onError`, when the endpoint cannot be reached, refuses this client,
 * or answers too late, with a redirect, another status, more than 256 KiB, no JSON object, no `active`, a
 * repeated member, or a JWT (RFC 9701), and for tokens without a cached answer while too many requests run.
 *
 * It does not check scopes, which the gate does.
 *
 * @example
 * ```ts
 * const verifier = introspectionVerifier({
 *   issuer: 'https://idp.example.com',
 *   clientId: 'notes-api',
 *   clientAuthentication: { method: 'client_secret_basic', secret },
 * });
 * ```
 * @throws {@link TypeError} naming the option, at construction
 * @group Verifiers
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662#section-2 RFC 7662 s2}
 */
export function introspectionVerifier(options: IntrospectionVerifierOptions): Verifier {
  const settings = checkIntrospectionOptions(options);
  const { tokenPattern, clockTolerance } = settings;
  const find = answerFinder(settings, introspector(settings));
  const isToken = (token: string): boolean =>
    token.length <= MAX_TOKEN_LENGTH && tokenPattern?.test(token) !== false;
  const verify: Verifier = (token, context) => {
    if (!isToken(token)) {
      context.explain?.({ detail: 'form' });
      return undefined;
    }
    const audiences = settings.audiences ?? [context.resource];
    // The answer is checked on every use, since a cached answer gets older and serves several gates.
    const check = (answer: Answer): VerifiedToken | undefined => {
      if (answer === undefined) {
        context.explain?.({ detail: 'inactive' });
        return undefined;
      }
      const failed = failedCheck(answer.claims, audiences, settings);
      if (failed === undefined) return answer.verified;
      context.explain?.(describeFailure(failed, answer.claims, audiences, settings));
      return undefined;
    };
    const answer = find(token);
    return answer instanceof Promise ? answer.then(check) : check(answer);
  };
  const ask: IntrospectionStatements['ask'] = async (token, resource) => {
    const claims = (await find(token))?.claims;
    const audiences = settings.audiences ?? [resource];
    return claims && { claims, checks: checkAnswer(claims, audiences, settings) };
  };
  const { issuer, requireAudience } = settings;
  return Object.freeze(
    Object.assign(verify, {
      audiences: settings.audiences ?? [],
      clockTolerance,
      ...allowedIssuers(settings.addresses),
      ...(issuer !== undefined && { issuers: Object.freeze([issuer]) }),
      [INTROSPECTION]: Object.freeze({ ask, isToken, issuer, requireAudience }),
    }),
  );
}

markFactory(introspectionVerifier);
