/**
 * Runs a verifier and judges what comes back; whatever it does, the outcome is a value.
 *
 * @module
 */
import { readToken } from './read-token.js';
import type { TokenFacts } from './read-token.js';
import type { VerifiedToken, Verifier } from './verifier.js';

export interface VerifyOptions {
  readonly resource: string;
  /** Milliseconds. */
  readonly timeout: number;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

export type VerifyOutcome =
  | { readonly ok: true; readonly facts: TokenFacts }
  | { readonly ok: false; readonly reason: 'invalid' }
  | { readonly ok: false; readonly reason: 'unavailable'; readonly error: unknown };

const INVALID: VerifyOutcome = Object.freeze({ ok: false, reason: 'invalid' });

/** Verifies a token. Never throws and never rejects; settles within the time-out. */
export async function verifyToken(
  verifier: Verifier,
  token: string,
  options: VerifyOptions,
): Promise<VerifyOutcome> {
  const wait = new Wait(options.timeout);
  try {
    const { resource } = options;
    const verified: unknown = await wait.for(
      verifier(token, {
        resource,
        get signal() {
          return wait.signal;
        },
      }),
    );
    if (verified === undefined || verified === null) return INVALID;
    const facts = readToken(verified as VerifiedToken, {
      audiences: [resource, ...(verifier.audiences ?? [])],
      now: secondsOf(options.clock()),
    });
    return facts === undefined ? INVALID : { ok: true, facts };
  } catch (error) {
    return saysInvalid(error) ? INVALID : { ok: false, reason: 'unavailable', error };
  } finally {
    wait.end();
  }
}

/** A clock that tells no time must not make everything valid. */
function secondsOf(milliseconds: unknown): number {
  if (typeof milliseconds === 'number' && Number.isFinite(milliseconds)) return milliseconds / 1000;
  throw new TypeError('the clock must return milliseconds since the epoch');
}

/** A bounded wait with a signal that is made only if somebody looks at it. */
class Wait {
  #controller: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #timeout: number;

  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  for(value: unknown): unknown {
    if (
      !(value instanceof Promise) &&
      typeof (value as PromiseLike<unknown>)?.then !== 'function'
    ) {
      return value;
    }
    const late = new Promise<never>((_resolve, reject) => {
      this.#timer = setTimeout(() => {
        reject(new Error(`the verifier did not answer within ${this.#timeout} ms`));
      }, this.#timeout);
    });
    return Promise.race([value, late]);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#controller?.abort();
  }
}

/** jose's words for a token that is wrong; its other errors (JWKS, time-outs) tell nothing of it. */
const JOSE_CODES = new Set([
  'ERR_JOSE_ALG_NOT_ALLOWED',
  'ERR_JOSE_NOT_SUPPORTED',
  'ERR_JWE_DECRYPTION_FAILED',
  'ERR_JWE_INVALID',
  'ERR_JWKS_NO_MATCHING_KEY',
  'ERR_JWS_INVALID',
  'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
  'ERR_JWT_CLAIM_VALIDATION_FAILED',
  'ERR_JWT_EXPIRED',
  'ERR_JWT_INVALID',
]);

/**
 * Whether a throw means "this token is not valid". Told by codes, not by classes: the error may come
 * from another copy of this package, from jose, or from either generation of the MCP SDK.
 */
function saysInvalid(error: unknown): boolean {
  try {
    if (typeof error !== 'object' || error === null) return false;
    const { code, errorCode } = error as { code?: unknown; errorCode?: unknown };
    return (
      code === 'ERR_INVALID_TOKEN' ||
      code === 'invalid_token' ||
      errorCode === 'invalid_token' ||
      (typeof code === 'string' && JOSE_CODES.has(code))
    );
  } catch {
    return false;
  }
}
