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
import { callerOf, owningCallerOf } from './owning-gate.js';
import type { Caller } from './owning-gate.js';
import { MAX_LENGTH } from './sealed-values.js';
import { sha256 } from '../index.js';
import type { OriginOperation } from '../index.js';

/** The request that a sealed value belongs to. */
export interface StateOrigin extends OriginOperation {
  /** The arguments that must be the same when the value comes back, in any order of their members. */
  readonly arguments?: unknown;
}

export interface OpenStateOptions {
  /** What the value is, such as `upload-step`. A value of one kind does not open as another kind. */
  readonly kind: string;
  /**
   * The request that the value belongs to. The value does not open for any other request.
   *
   * @default the operation that the gate last allowed this caller, without its arguments
   */
  readonly for?: StateOrigin;
}

export interface SealStateOptions extends OpenStateOptions {
  /** Seconds until the value expires, from 1 to 31536000 (a year). */
  readonly maxAge: number;
}

/**
 * Encrypts a JSON value for this caller alone (JWE with A256GCM, through jose): the client can keep it, and
 * neither read nor change it. The resource, the kind, the owner, the request and the expiry are sealed with it.
 * A sealed value can be opened more than once until it expires: what may happen only once, the application must
 * remember.
 *
 * @throws {@link TypeError} (as a rejection) for a wrong option, an `auth` of another gate, a token without a
 * subject, a value that `JSON.stringify` cannot write, and one that is longer than 256 KiB when sealed (about 190
 * KiB of JSON)
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
  const caller = owningCallerOf(gate, auth, 'sealState');
  const origin = await originOf(given.for, caller);
  const text = await caller.ids.seal(caller.owner, { value, kind, maxAge, origin });
  const { length } = text;
  expect(
    length <= MAX_LENGTH,
    'sealState',
    `${length} characters when sealed; at most ${MAX_LENGTH} open`,
  );
  return text;
}

/**
 * Opens what {@link sealState} made. Returns `undefined` for a value of another caller, kind or request, for one
 * that has expired, and for one that nobody sealed, so that a caller cannot tell which of these it is.
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

/** Returns JSON data with the members of objects sorted, so that their order does not change the digest. */
function sorted(value: unknown): unknown {
  if (!isObject(value)) return value;
  if (Array.isArray(value)) return (value as unknown[]).map(sorted);
  const names = Object.keys(value).toSorted();
  return { members: names.map((name) => [name, sorted(value[name])]) };
}
