/**
 * Seals values that a client keeps for a server, such as MCP's `requestState`.
 *
 * @module
 */
import type { Auth } from '../../policy/index.js';
import { expect, readOptions } from '../../options.js';
import type { NumberKind } from '../../options.js';
import { isObject } from '../../values.js';
import { checkKindName } from './owned-id.js';
import type { OwningGateLike } from './owned-id.js';
import { callerOf } from './owning-gate.js';
import type { Caller } from './owning-gate.js';
import { sha256 } from '../index.js';
import type { OriginOperation } from '../index.js';

/** The request that a sealed value belongs to. */
export interface StateOrigin extends OriginOperation {
  /** The arguments that must be the same when the value comes back, in any order of their members. */
  readonly arguments?: unknown;
}

export interface OpenStateOptions {
  /** What the value is, such as `upload-step`. A value of one kind is unknown as another. */
  readonly kind: string;
  /**
   * The request that the value belongs to; it is unknown in any other.
   *
   * @default the operation that the caller was let through for, without its arguments
   */
  readonly for?: StateOrigin;
}

export interface SealStateOptions extends OpenStateOptions {
  /** Seconds until the value is unknown. */
  readonly maxAge: number;
}

/**
 * Encrypts a JSON value for this caller alone (JWE with A256GCM, through jose): the client can keep it, and
 * neither read nor change it. Under the seal are the resource, the kind, the owner, the request and the
 * expiry. A sealed value can be opened more than once until it expires: what may happen only once, the
 * application must remember.
 *
 * @throws {@link TypeError} (as a rejection) for an `auth` of another gate, a token without a subject, and a
 * value that is not JSON
 * @example
 * ```ts
 * const requestState = await sealState(gate, auth, { step: 2 }, { kind: 'upload', maxAge: 600 });
 * ```
 * @see MCP 2026-07-28, "Multi Round-Trip Requests"
 * @group Ownership
 */
export async function sealState(
  gate: OwningGateLike,
  auth: Auth,
  value: unknown,
  options: SealStateOptions,
): Promise<string> {
  const { kind, maxAge, ...given } = readOptions<SealStateOptions>(
    options,
    { kind: ['a string'], maxAge: [SECONDS], for: ['an object'] },
    'sealState',
  );
  checkKindName(kind, 'sealState');
  expect(maxAge !== undefined, 'sealState.maxAge', 'expected a number of seconds');
  expect(JSON.stringify(value) !== undefined, 'sealState', 'expected a JSON value');
  const caller = callerOf(gate, auth, 'sealState');
  if (caller.owner === undefined) {
    throw new TypeError('sealState: the token names no subject, so it can own nothing');
  }
  const origin = await originOf(given.for, caller);
  return caller.ids.seal(caller.owner, { value, kind, maxAge, origin });
}

/**
 * Opens what {@link sealState} made; `undefined` for everything that is not this caller's, of this kind and for
 * this request, for what has expired, and for what nobody sealed. All of these look the same.
 *
 * @throws {@link TypeError} (as a rejection) for an `auth` of another gate
 */
export async function openState(
  gate: OwningGateLike,
  auth: Auth,
  text: unknown,
  options: OpenStateOptions,
): Promise<unknown> {
  const { kind, ...given } = readOptions<OpenStateOptions>(
    options,
    { kind: ['a string'], for: ['an object'] },
    'openState',
  );
  checkKindName(kind, 'openState');
  const caller = callerOf(gate, auth, 'openState');
  if (typeof text !== 'string') return undefined;
  return caller.ids.unseal(text, caller.owner, { kind, origin: await originOf(given.for, caller) });
}

const SECONDS: NumberKind = { min: 1, max: 365 * 24 * 60 * 60, unit: 'seconds' };

/** Returns a digest of the request, so that sealed values stay short whatever the arguments are. */
async function originOf(given: StateOrigin | undefined, { operation }: Caller): Promise<string> {
  const { method, name, arguments: args } = { arguments: undefined, ...(given ?? operation) };
  const text = JSON.stringify([method ?? null, name ?? null, sorted(args) ?? null]);
  return sha256(text);
}

/** Returns JSON data whose members are in the order of their names, so that each value has one text of its own. */
function sorted(value: unknown): unknown {
  if (!isObject(value)) return value;
  if (Array.isArray(value)) return (value as unknown[]).map(sorted);
  const names = Object.keys(value).toSorted();
  return { members: names.map((name) => [name, sorted(value[name])]) };
}
