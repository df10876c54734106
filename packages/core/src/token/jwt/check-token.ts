/**
 * Runs all checks of a JWT except that of the signature. They run before and after the signature is
 * verified.
 *
 * @module
 */
import { parseJwt } from '../index.js';
import type { CheckResult, ParsedJwt } from '../index.js';
import { CLAIM_CHECKS } from './check-claims.js';
import { HEADER_CHECKS } from './check-header.js';
import type { CheckContext, JwtCheck } from './types.js';

const CHECKS: readonly JwtCheck[] = [...HEADER_CHECKS, ...CLAIM_CHECKS];

/** Whether every check holds. */
export function isAcceptable(jwt: ParsedJwt, context: CheckContext): boolean {
  return CHECKS.every((check) => run(check, jwt, context).holds);
}

/**
 * Returns the result of each check, for tools that explain a refusal. For a token that is no JWT, `form`
 * is the only result.
 */
export function checkToken(token: string, context: CheckContext): readonly CheckResult[] {
  const jwt = parseJwt(token);
  const form: CheckResult = { name: 'form', holds: jwt !== undefined };
  return jwt === undefined ? [form] : [form, ...checkJwt(jwt, context)];
}

/** Returns the result of each check, in the order in which they run. */
export function checkJwt(jwt: ParsedJwt, context: CheckContext): readonly CheckResult[] {
  return CHECKS.map((check) => run(check, jwt, context));
}

function run(check: JwtCheck, jwt: ParsedJwt, context: CheckContext): CheckResult {
  const { name } = check;
  if (check.kind === 'whole') return { name, holds: check.holds(jwt, context) };
  const failed = check.failed(jwt, context);
  return { name, holds: failed.length === 0, failed };
}
