/**
 * Makes a token verifier for the MCP SDK out of a gate.
 *
 * @module
 */
import { authenticated } from '../policy/index.js';
import type { Auth } from '../policy/index.js';
import type { GateRequest } from '../types.js';
import { hasTokenSource } from './internals.js';
import type { Gate } from './types.js';

/**
 * The SDK's class of errors for invalid tokens. The SDK's middleware recognises an error by its class,
 * so the class must come from the SDK in use: `InvalidTokenError` of v1's `server/auth/errors.js`,
 * `OAuthError` of v2.
 */
export type SdkErrors =
  | {
      readonly InvalidTokenError: new (message: string) => Error;
      /**
       * The class of errors for missing scopes, if the gate's verifier throws scope errors itself. Without
       * this class the SDK answers those with 500.
       */
      readonly InsufficientScopeError?: new (message: string) => Error;
    }
  | { readonly OAuthError: new (code: string, message: string) => Error };

/**
 * Makes an MCP SDK `OAuthTokenVerifier` of a gate, for code that takes one, such as the SDK's
 * `requireBearerAuth`. It resolves with the gate's `Auth`, which is an `AuthInfo` and can be passed to
 * `gate.authorize`.
 *
 * It checks the token only, so it refuses every token that is bound to a key or certificate. The SDK
 * reads the token from `Authorization`, so the gate must not have `tokenFrom`. The SDK's `requiredScopes`
 * compares names without the catalogue's implications, and the SDK refuses a token without `expiresAt`.
 * Its answers are its own, not the gate's; where you can, use `protect` or `gate.fetch` instead.
 *
 * It rejects with the SDK's own error if the token is not valid, and with an `Error` if the verifier
 * failed, which the SDK answers with 500.
 *
 * @throws {@link TypeError} without a gate, with one that has `tokenFrom`, or without the SDK's class
 * `InvalidTokenError` or `OAuthError`
 * @example A verifier for the SDK
 * With `InvalidTokenError` of `@modelcontextprotocol/sdk/server/auth/errors.js`:
 * ```ts
 * requireBearerAuth({ verifier: toSdkVerifier(gate, { InvalidTokenError }) });
 * ```
 */
export function toSdkVerifier<S extends string>(
  gate: Gate<S>,
  errors: SdkErrors,
): { verifyAccessToken(token: string): Promise<Auth<S>> } {
  if (typeof gate?.route !== 'function') {
    throw new TypeError('toSdkVerifier: expected what createGate() returns');
  }
  if (hasTokenSource(gate)) {
    throw new TypeError(
      'toSdkVerifier: the SDK reads the token from Authorization, and this gate has tokenFrom; use protect or gate.fetch',
    );
  }
  const invalid = errorMaker(errors, 'InvalidTokenError', 'invalid_token');
  const insufficient = errorMaker(errors, 'InsufficientScopeError', 'insufficient_scope');
  if (invalid === undefined) {
    throw new TypeError(
      "toSdkVerifier: expected the SDK's { InvalidTokenError } (v1) or { OAuthError } (v2)",
    );
  }
  const route = gate.route(authenticated());
  return {
    async verifyAccessToken(token) {
      const decision = await route.authenticate(requestWith(token, gate.resource));
      if (decision.allowed && decision.auth?.token === token) return decision.auth;
      if (!decision.allowed && decision.status === 503) {
        throw new Error('the access token cannot be verified now');
      }
      // The token is valid, so "invalid" would make the client fetch the same token again.
      if (!decision.allowed && decision.status === 403) {
        const message = 'The access token lacks a scope';
        throw insufficient?.(message) ?? new Error(message);
      }
      throw invalid('The access token is invalid or expired');
    },
  };
}

/**
 * Returns a function that makes the SDK's error for an OAuth code; `undefined` if there is no class for
 * the code.
 */
function errorMaker(
  errors: SdkErrors,
  name: 'InvalidTokenError' | 'InsufficientScopeError',
  code: string,
): ((message: string) => Error) | undefined {
  const { [name]: Coded, OAuthError }: SdkClasses = errors ?? {};
  const make =
    typeof Coded === 'function'
      ? (message: string): Error => new Coded(message)
      : typeof OAuthError === 'function'
        ? (message: string): Error => new OAuthError(code, message)
        : undefined;
  // Check an error of the class: other modules export classes of the same names, whose errors the SDK
  // would answer with 500.
  const sample: (Error & { errorCode?: unknown; code?: unknown }) | undefined = make?.('');
  return (sample?.errorCode ?? sample?.code) === code ? make : undefined;
}

interface SdkClasses {
  readonly InvalidTokenError?: new (message: string) => Error;
  readonly InsufficientScopeError?: new (message: string) => Error;
  readonly OAuthError?: new (code: string, message: string) => Error;
}

/**
 * Makes a request that contains only the token, because the SDK's middleware passes nothing else of the
 * request.
 */
function requestWith(token: string, url: string): GateRequest {
  const authorization = `Bearer ${token}`;
  return {
    method: 'POST',
    url,
    headers: { get: (name) => (name.toLowerCase() === 'authorization' ? authorization : null) },
  };
}
