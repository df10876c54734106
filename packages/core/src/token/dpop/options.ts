/**
 * The options of `dpop()`, checked and copied at construction.
 *
 * @module
 */
import { expect, readOptions } from '../../options.js';
import type { NumberKind } from '../../options.js';
import type { GateRequest } from '../../types.js';
import { KEY_TYPES, readKeys, readNames } from '../index.js';
import type { ReplayStore } from '../index.js';

/** The nonces that proofs must have (RFC 9449 s9). */
export interface DpopNonceOptions {
  /**
   * Secrets of at least 32 bytes, for nonces alone. The first one makes nonces, and nonces of all of them are
   * accepted, so that a new secret can be put in front of the old one. All instances of a service need the
   * same secrets.
   */
  readonly keys: readonly (string | Uint8Array)[];
  /** Seconds for which a nonce is accepted, 10 to 3600. @default 300 */
  readonly lifetime?: number;
}

export interface DpopOptions {
  /** Refuse tokens that are not bound to a key, and offer the scheme `DPoP` alone. @default false */
  readonly required?: boolean;
  /**
   * The accepted algorithms of proofs, which the metadata and the challenges name, too. Algorithms that the
   * default does not have, such as `none` and HMAC, cannot be allowed.
   *
   * @default ES256, ES384, ES512, EdDSA, Ed25519, PS256, PS384, PS512, RS256, RS384, RS512
   */
  readonly algorithms?: readonly string[];
  /**
   * Remembers accepted proofs, so that none is accepted twice: `memoryReplayStore()` for one process, the
   * store of `@scopegate/redis` for several.
   */
  readonly replay: ReplayStore;
  /** Require nonces, which prove that a proof was not made long before its request. @default none */
  readonly nonce?: DpopNonceOptions;
  /**
   * Returns the URL of a request as its client knows it, for servers behind a proxy that rewrites paths. It
   * must not read `Host` or a forwarded header that the client can set.
   *
   * @default the origin of `resource` with the request's path, or `resource` if the path is not below it
   */
  readonly url?: (request: GateRequest) => string;
}

export interface DpopSettings {
  readonly required: boolean;
  readonly algorithms: readonly string[];
  readonly replay: ReplayStore;
  readonly nonce: { readonly keys: readonly Uint8Array[]; readonly lifetime: number } | undefined;
  readonly url: ((request: GateRequest) => string) | undefined;
}

/** @throws {@link TypeError} naming the option */
export function checkDpopOptions(options: DpopOptions): DpopSettings {
  const read = readOptions<DpopOptions, 'required'>(
    options,
    {
      required: ['a boolean', false],
      algorithms: ['a list'],
      replay: ['an object'],
      nonce: ['an object'],
      url: ['a function'],
    },
    'dpop',
  );
  const { required, replay, nonce, url } = read;
  const isStore = typeof replay?.insert === 'function';
  expect(isStore, 'dpop.replay', 'expected memoryReplayStore(), or another store with insert()');
  const known = Object.keys(KEY_TYPES);
  const algorithms = readNames(read.algorithms ?? known, 'dpop.algorithms', 1);
  const foreign = algorithms.find((name) => !known.includes(name));
  expect(
    foreign === undefined,
    'dpop.algorithms',
    `${String(foreign)} is not one of ${known.join(' ')}`,
  );
  return Object.freeze({
    required,
    algorithms: Object.freeze([...new Set(algorithms)]),
    replay,
    nonce: nonce && checkNonce(nonce),
    url,
  });
}

const LIFETIME: NumberKind = { min: 10, max: 3600, unit: 'seconds', integer: true };

function checkNonce(options: DpopNonceOptions): NonNullable<DpopSettings['nonce']> {
  const { keys, lifetime } = readOptions<DpopNonceOptions, 'lifetime'>(
    options,
    { keys: ['a list'], lifetime: [LIFETIME, 300] },
    'dpop.nonce',
  );
  return { keys: readKeys(keys, 'dpop.nonce.keys'), lifetime };
}
