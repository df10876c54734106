/**
 * Verifies tokens by asking the authorization server (RFC 7662).
 *
 * @module
 */
import type { VerifiedToken, Verifier } from '../index.js';
import { answerFinder } from './answers.js';
import { introspector } from './introspect.js';
import { isAcceptable } from './check-claims.js';
import { checkOptions } from './options.js';
import type { IntrospectionVerifierOptions } from './options.js';
import type { Answer } from './read-answer.js';

/** Longer tokens are refused unasked. */
const MAX_TOKEN_LENGTH = 16 * 1024;

/**
 * Makes a verifier for tokens that only their issuer can read. The token goes to the endpoint in the
 * body of a POST, over https, with client authentication.
 *
 * Lets a token in if the answer's `active` is `true`, and its members agree: `iss` exactly where an
 * issuer is set, `aud` present and accepted, `exp` and `nbf` where given, `token_type` `Bearer` (or
 * `DPoP` beside a `cnf`, which the gate judges), no mark of a refresh or ID token. Concurrent
 * requests with one token ask once, and at most `maxConcurrentRequests` are under way. Answers are
 * used again for `cache.ttl` seconds, so a revoked token works that long at most.
 *
 * It cannot tell, which is a 503 and an error told to `onError`, when the endpoint cannot be reached,
 * refuses this client, answers late, with a redirect, another status, more than 256 KiB, no JSON
 * object, a repeated member, or a JWT (RFC 9701), and for new tokens while too many questions are
 * under way.
 *
 * Does not check scopes (the gate does).
 *
 * @throws {@link TypeError} naming the option, at construction
 * @group Verifiers
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662#section-2 RFC 7662 s2}
 */
export function introspectionVerifier(options: IntrospectionVerifierOptions): Verifier {
  const settings = checkOptions(options);
  const { tokenPattern, clockTolerance } = settings;
  const find = answerFinder(settings, introspector(settings));
  const verify: Verifier = (token, { resource }) => {
    if (token.length > MAX_TOKEN_LENGTH || tokenPattern?.test(token) === false) return undefined;
    const audiences = settings.audiences ?? [resource];
    // On every use: an answer outlives the moment it was given for, and serves several gates.
    const judge = (answer: Answer): VerifiedToken | undefined =>
      answer !== undefined && isAcceptable(answer.claims, audiences, settings)
        ? answer.verified
        : undefined;
    const answer = find(token);
    return answer instanceof Promise ? answer.then(judge) : judge(answer);
  };
  return Object.freeze(
    Object.assign(verify, { audiences: settings.audiences ?? [], clockTolerance }),
  );
}
