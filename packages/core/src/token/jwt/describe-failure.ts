/**
 * Says which check a refused JWT failed, for decision events.
 *
 * @module
 */
import { ownMember } from '../../values.js';
import { textsIn, timeIn } from '../index.js';
import type { CheckResult, ParsedJwt, RefusalDetail } from '../index.js';
import { checkJwt } from './check-token.js';
import type { CheckContext } from './types.js';

/** Returns the first check that fails, in the order in which the verifier runs them. */
export function describeFailure(jwt: ParsedJwt, context: CheckContext): RefusalDetail {
  const { name, failed } = checkJwt(jwt, context).find(({ holds }) => !holds) ?? NOTHING;
  const { header, claims } = jwt;
  switch (name) {
    case 'alg':
      return {
        detail: 'algorithm',
        expected: [...context.algorithms].map(String),
        found: textsIn(ownMember(header, 'alg')),
      };
    case 'typ':
      return {
        detail: 'type',
        expected: [...context.types].map((type) => type ?? 'none'),
        found: textsIn(ownMember(header, 'typ')),
      };
    case 'kind':
      // `failed` has only the names of the claims that mark another kind of token.
      return { detail: 'type', expected: ['access token'], found: failed };
    case 'iss':
      return {
        detail: 'issuer',
        expected: [...context.issuers.keys()].map(String),
        found: textsIn(ownMember(claims, 'iss')),
      };
    case 'aud':
      return {
        detail: 'audience',
        expected: context.audiences ?? [context.resource],
        found: textsIn(ownMember(claims, 'aud')),
      };
    case 'exp':
      return { detail: 'expired', found: timeIn(ownMember(claims, 'exp')) };
    case 'nbf':
      return { detail: 'not_yet_valid', found: timeIn(ownMember(claims, 'nbf')) };
    case 'cnf':
      return { detail: 'binding' };
    case 'iat':
      return { detail: 'claims', found: ['iat'] };
    case 'claims':
      // `failed` has only the names of the claims that are missing or mistyped.
      return { detail: 'claims', expected: context.requiredClaims, found: failed };
    // Extensions, nested JWTs and a `kid` that is no string.
    default:
      return { detail: 'form' };
  }
}

/** Only for the type: the caller has found, with the same context, that a check fails. */
const NOTHING: CheckResult = { name: '', holds: true };
