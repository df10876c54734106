/**
 * Reads the members of a verifier function. Only own members are read, since a polluted prototype must
 * not widen what a gate accepts.
 *
 * @module
 */
import { checkKind } from '../options.js';
import { CLOCK_TOLERANCE, DEFAULT_CLOCK_TOLERANCE } from './clock.js';
import type { Claims } from './types.js';
import type { Verifier } from './verifier.js';

/** Returns an own member of a verifier. */
function stated<V extends Verifier, K extends keyof V>(verifier: V, name: K): V[K] | undefined {
  return Object.hasOwn(verifier, name) ? verifier[name] : undefined;
}

/** Returns the verifier whose audiences and tolerance apply to the token. */
export function chosenFor(verifier: Verifier, token: string): Verifier {
  const choose = stated(verifier, 'choose');
  return choose === undefined ? verifier : choose(token);
}

/** Returns the audiences of which a token's `aud` must name one. */
export function audiencesFor(verifier: Verifier, resource: string): readonly string[] {
  const audiences = stated(verifier, 'audiences');
  return [resource, ...(audiences ?? [])];
}

/**
 * Returns the issuers whose tokens a verifier accepts; `undefined` if it does not say.
 *
 * @throws {@link TypeError} if the value is no list
 */
export function issuersOf(verifier: Verifier): readonly string[] | undefined {
  const issuers: unknown = stated(verifier, 'issuers');
  if (issuers === undefined) return undefined;
  checkKind(issuers, 'verifier.issuers', 'a list');
  return issuers as readonly string[];
}

/**
 * Returns the clock difference to tolerate, in seconds.
 *
 * @throws {@link TypeError} if the value is no number of seconds from 0 to 60: a string would be concatenated
 * with `exp`
 */
export function clockToleranceOf(verifier: Verifier): number {
  const tolerance = stated(verifier, 'clockTolerance');
  if (tolerance === undefined) return DEFAULT_CLOCK_TOLERANCE;
  checkKind(tolerance, 'verifier.clockTolerance', CLOCK_TOLERANCE);
  return tolerance;
}

/**
 * The properties that a verifier expects of a token. Tools explain refusals with them, and no decision
 * depends on them.
 */
export interface VerifierExpectations {
  readonly issuers: readonly string[];
  /** The accepted audiences; `undefined` if only the gate's resource is accepted. */
  readonly audiences: readonly string[] | undefined;
  /** The audiences that are allowed beside an accepted one; `undefined` allows any. */
  readonly exclusiveAudience: readonly string[] | undefined;
  /** The accepted values of `typ`, in lower case and without `application/`; `undefined` accepts an absent one. */
  readonly types: readonly (string | undefined)[];
  readonly algorithms: readonly string[];
  /** The required claims besides `iss`, `aud` and `exp`. */
  readonly requiredClaims: readonly string[];
  /** The clock difference that is tolerated, in seconds. */
  readonly clockTolerance: number;
  /** The time until which a wrong audience is accepted and reported, in milliseconds since the epoch. */
  readonly observedUntil: number;
  /** Returns the time in milliseconds since the epoch. */
  readonly clock: () => number;
  /**
   * Runs all checks of the verifier except that of the signature, for a gate's resource, and returns each result.
   */
  readonly check: (token: string, resource: string) => readonly CheckResult[];
}

export interface CheckResult {
  readonly name: string;
  readonly holds: boolean;
  /** The members of the token that fail the check, if it checks several members. */
  readonly failed?: readonly string[];
}

/**
 * The key of the member with {@link VerifierExpectations}. It is the same symbol in all copies of this
 * package.
 */
export const EXPECTATIONS: unique symbol = Symbol.for('scopegate.verifier.expectations');

/**
 * Returns what the verifier expects; `undefined` if it does not say.
 *
 * @param token - the token by which a verifier such as `byTokenForm` chooses another verifier
 */
export function expectationsOf(
  verifier: DescribedVerifier,
  token?: string,
): VerifierExpectations | undefined {
  const chosen: DescribedVerifier = token === undefined ? verifier : chosenFor(verifier, token);
  return stated(chosen, EXPECTATIONS);
}

/** Returns which issuers without https the verifier allows in metadata; `undefined` if it says nothing. */
export function allowsIssuerOf(verifier: Verifier): Verifier['allowsIssuer'] {
  return stated(verifier, 'allowsIssuer');
}

/** The key of a member that names the options by which a verifier accepts what MCP forbids. */
export const OPT_OUTS: unique symbol = Symbol.for('scopegate.verifier.optOuts');

/** Returns the names of the options by which the verifier accepts what MCP forbids. */
export function optOutsOf(
  verifier: Verifier & { readonly [OPT_OUTS]?: readonly string[] },
): readonly string[] {
  return stated(verifier, OPT_OUTS) ?? [];
}

/**
 * The key of the member with which a verifier says whether its `revoke` refuses a token with these claims. It is
 * the same symbol in all copies of this package.
 */
export const IS_REVOKED: unique symbol = Symbol.for('scopegate.verifier.isRevoked');

/** A verifier that may refuse tokens which it verified before. */
export interface RevokingVerifier extends Verifier {
  readonly [IS_REVOKED]?: (claims: Claims) => boolean;
}

/**
 * Returns how the verifier of a token says that the token was revoked after it was verified; `undefined` if the
 * verifier does not say.
 */
export function revocationTestOf(
  verifier: Verifier,
  token: string,
): ((claims: Claims) => boolean) | undefined {
  const chosen: RevokingVerifier = chosenFor(verifier, token);
  return stated(chosen, IS_REVOKED);
}

/** Returns the members `allowsIssuer` and {@link OPT_OUTS} for a verifier that calls others. */
export function statementsOf(...verifiers: readonly Verifier[]): object {
  const allowed = verifiers.flatMap((verifier) => allowsIssuerOf(verifier) ?? []);
  const optOuts = verifiers.flatMap((verifier) => optOutsOf(verifier));
  return {
    ...(allowed.length > 0 && {
      allowsIssuer: (issuer: URL) => allowed.some((allows) => allows(issuer)),
    }),
    ...(optOuts.length > 0 && { [OPT_OUTS]: Object.freeze(optOuts) }),
  };
}

type DescribedVerifier = Verifier & { readonly [EXPECTATIONS]?: VerifierExpectations };

/** The key of the member with which `introspectionVerifier` lets tools show the answer about a token. */
export const INTROSPECTION: unique symbol = Symbol.for('scopegate.verifier.introspection');

/** What an introspection verifier tells tools. */
export interface IntrospectionStatements {
  readonly issuer: string | undefined;
  readonly requireAudience: boolean;
  /** Whether the endpoint is asked about such a text. */
  readonly isToken: (token: string) => boolean;
  /**
   * Asks the cache or the endpoint about a text that passes `isToken`, and runs the verifier's checks for a
   * gate's resource; `undefined` if the token is not active.
   */
  readonly ask: (token: string, resource: string) => Promise<IntrospectionAnswer | undefined>;
}

export interface IntrospectionAnswer {
  readonly claims: Claims;
  readonly checks: readonly CheckResult[];
}

/** Returns the statements of the introspection verifier that is asked for a token; `undefined` for others. */
export function introspectionOf(
  verifier: Verifier,
  token: string,
): IntrospectionStatements | undefined {
  const chosen: Verifier & { readonly [INTROSPECTION]?: IntrospectionStatements } = chosenFor(
    verifier,
    token,
  );
  return stated(chosen, INTROSPECTION);
}
