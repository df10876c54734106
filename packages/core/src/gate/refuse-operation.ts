/**
 * Makes the refusal of an operation whose rule the token does not satisfy.
 *
 * @module
 */
import { toDescription } from '../challenge/index.js';
import type { Refusal } from '../decision.js';
import type { CompiledRule, Evaluation } from '../policy/index.js';
import { areKnownScopes, challengeScopes } from './challenge-scopes.js';
import type { Refusals } from './refusals.js';
import { loginScopes } from './route.js';
import type { ResponseContext } from './types.js';

/** Returns the refusal of an operation whose rule does not hold; `granted` is `undefined` without a token. */
export function refuseOperation(
  evaluation: Evaluation,
  rule: CompiledRule,
  context: ResponseContext,
  granted: ReadonlySet<string> | undefined,
  refusals: Refusals,
): Refusal {
  const { settings } = refusals;
  if (granted === undefined) return refusals.unauthorized(loginScopes(rule, settings), context);
  const { challenge, missing } = evaluation;
  // The login is checked after the token, so that callers without a valid token do not learn the login
  // requirements (RFC 9470 s9).
  const { logins } = rule;
  const { catalogue } = settings;
  const login = logins?.missing(rule, (scope) => catalogue.grants(granted, scope));
  if (logins !== undefined && login !== undefined) {
    const named = challengeScopes(challenge, [], context, granted, settings);
    const text = `${context.label} needs ${logins.describe(login)}`;
    return refusals.insufficientLogin(named, login, text, context);
  }
  // If no scope is missing, no scope would help, so the refusal asks for none (RFC 6750 s3.1).
  if (missing.length === 0) {
    return refusals.denied('denied', `${context.label} is not allowed`, context);
  }
  const named = challengeScopes(challenge, missing, context, granted, settings);
  return refusals.insufficientScope(named, `${context.label} needs ${rule.description}`, context);
}

/** Returns the refusal for scopes that a handler, or other code outside the gate, found missing. */
export function refuseScopes(
  scopes: readonly string[],
  context: ResponseContext,
  granted: ReadonlySet<string>,
  description: string | undefined,
  refusals: Refusals,
): Refusal {
  const { settings } = refusals;
  const { catalogue } = settings;
  if (!areKnownScopes(scopes, catalogue)) {
    return refusals.denied('denied', `${context.label} is not allowed`, context);
  }
  const missing = scopes.filter((scope) => !catalogue.grants(granted, scope));
  const named = challengeScopes(scopes, missing, context, granted, settings);
  const phrase = scopes.length === 1 ? scopes[0] : `all of ${scopes.join(', ')}`;
  // Clients that read a tool result act only on a challenge with a description.
  const isLegible = description !== undefined && toDescription(description) !== '';
  const text = isLegible ? description : `${context.label} needs ${String(phrase)}`;
  return refusals.insufficientScope(named, text, context);
}
