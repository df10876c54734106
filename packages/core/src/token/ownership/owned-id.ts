/**
 * The functions with which a server mints ids for callers, and checks ids that callers bring.
 *
 * @module
 */
import type { Auth } from '../../policy/index.js';
import { expect, readOptions } from '../../options.js';
import { MAX_LENGTH } from './minted-ids.js';
import { callerOf, owningCallerOf } from './owning-gate.js';
import type { OriginOperation, OpenedId } from '../index.js';

/** Any gate that {@link ownership} was given to. */
export interface OwningGateLike {
  readonly resource: string;
}

export interface OwnedIdOptions {
  /**
   * What the id names. The gate itself checks `session`, `task` and `event`; any other word is for the
   * application. An id of one kind does not open as another kind.
   */
  readonly kind: string;
  /**
   * The operation that created the task. Its rule applies to every request that names the task.
   *
   * @default for tasks, the operation that the gate last allowed this caller
   */
  readonly operation?: OriginOperation;
  /** The id of another store that this id stands for; {@link openOwnedId} returns it. It is not encrypted. */
  readonly inner?: string;
}

/**
 * Makes an id that only this caller can use: 128 random bits, the time and the content, with an HMAC over them
 * and the owner. It consists of letters, digits, `-`, `_` and `.`, so it fits into headers and URLs. No store is
 * needed, and a new token of the same issuer, client and user opens it, too.
 *
 * @throws {@link TypeError} for a gate without `ownership`, for an `auth` of another gate, for a token without a
 * subject, which owns nothing, for an id of more than 4096 characters (about 2900 bytes of `inner`), and on
 * platforms without Node's `crypto`: use {@link ownedIdAsync} there
 * @example
 * ```ts
 * const transport = new StreamableHTTPServerTransport({
 *   sessionIdGenerator: () => ownedId(gate, auth, { kind: 'session' }),
 * });
 * ```
 * @group Ownership
 */
export function ownedId(gate: OwningGateLike, auth: Auth, options: OwnedIdOptions): string {
  const id = mint('ownedId', gate, auth, options);
  if (typeof id === 'string') return id;
  throw needsAsync('ownedId', id);
}

/** Makes an id as {@link ownedId} does, on every platform. */
export async function ownedIdAsync(
  gate: OwningGateLike,
  auth: Auth,
  options: OwnedIdOptions,
): Promise<string> {
  return mint('ownedIdAsync', gate, auth, options);
}

/**
 * Whether the id is of this kind and this caller's own. Use it for ids in arguments of tools, and to filter lists
 * that must not show what others own. It does not tell whether what the id names still exists.
 *
 * @throws {@link TypeError} for an `auth` of another gate, and on platforms without Node's `crypto`: use
 * {@link openOwnedId} there
 * @example
 * ```ts
 * const mine = tasks.filter(({ taskId }) => isOwned(gate, auth, taskId, { kind: 'task' }));
 * ```
 * @group Ownership
 */
export function isOwned(
  gate: OwningGateLike,
  auth: Auth,
  id: unknown,
  options: { readonly kind: string },
): boolean {
  const opened = open('isOwned', gate, auth, id, options);
  if (opened instanceof Promise) throw needsAsync('isOwned', opened);
  return opened !== undefined;
}

/**
 * Returns what the id contains, and `undefined` unless it is of this kind and this caller's own. It works on
 * every platform.
 *
 * @throws {@link TypeError} for an `auth` of another gate
 */
export async function openOwnedId(
  gate: OwningGateLike,
  auth: Auth,
  id: unknown,
  options: { readonly kind: string },
): Promise<OpenedId | undefined> {
  const opened = await open('openOwnedId', gate, auth, id, options);
  return opened && { operation: opened.operation, inner: opened.inner };
}

function mint(
  caller: string,
  gate: object,
  auth: unknown,
  given: OwnedIdOptions,
): string | Promise<string> {
  const { kind, operation, inner } = readOptions<OwnedIdOptions>(
    given,
    { kind: ['a string'], operation: ['an object'], inner: ['a string'] },
    caller,
  );
  checkKindName(kind, caller);
  const { ids, owner, operation: authorized } = owningCallerOf(gate, auth, caller);
  const begun = operation ?? (kind === 'task' ? authorized : undefined);
  const id = ids.mint(owner, { kind, operation: begun, inner });
  return typeof id === 'string'
    ? checkLength(id, caller)
    : id.then((minted) => checkLength(minted, caller));
}

/** Returns the id. @throws {@link TypeError} if it is so long that it would never open */
function checkLength(id: string, caller: string): string {
  const { length } = id;
  expect(
    length <= MAX_LENGTH,
    caller,
    `the id has ${length} characters with inner and operation; at most ${MAX_LENGTH} open`,
  );
  return id;
}

function open(
  caller: string,
  gate: object,
  auth: unknown,
  id: unknown,
  { kind }: { readonly kind: string },
): OpenedId | undefined | Promise<OpenedId | undefined> {
  checkKindName(kind, caller);
  const { ids, owner } = callerOf(gate, auth, caller);
  return typeof id === 'string' ? ids.open(id, kind, owner) : undefined;
}

export function checkKindName(kind: unknown, caller: string): asserts kind is string {
  const isKind = typeof kind === 'string' && /^[a-z][a-z0-9-]{0,63}$/i.test(kind);
  expect(isKind, `${caller}.kind`, "expected a word such as 'session', 'task' or your own");
}

function needsAsync(caller: string, unused: Promise<unknown>): TypeError {
  unused.catch(() => undefined);
  const instead = caller === 'ownedId' ? 'ownedIdAsync' : 'openOwnedId';
  return new TypeError(
    `${caller}: this platform has no synchronous HMAC (node:crypto); use ${instead}`,
  );
}
