/**
 * Makes the option `ownership` of a gate.
 *
 * @module
 */
import { callHook } from '../../call-hook.js';
import { expect, readOptions } from '../../options.js';
import type { NumberKind } from '../../options.js';
import { nodeCrypto, readKeys } from '../index.js';
import type { Ownership } from '../index.js';
import { CheckedRequests } from './checked-requests.js';
import { deriveKeys } from './keys.js';
import type { KeyRing } from './keys.js';
import { OpenStreams } from './open-streams.js';
import { MintedIds } from './minted-ids.js';
import { registerOwner } from './owning-gate.js';

export interface OwnershipOptions {
  /**
   * Secrets of at least 32 bytes, the current one first: `[current, ...earlier]`. New ids use the first secret,
   * and ids of all secrets open. A string counts as its UTF-8 bytes. All instances of a service need the same
   * secrets. To change them, first add the new one as the second on all instances, then move it to the front.
   */
  readonly keys: readonly (string | Uint8Array)[];
  /**
   * Seconds until an id is unknown, 60 to 315360000 (ten years). Ids have their time in minutes, so that one may
   * open for up to two minutes longer.
   *
   * @default 2592000 (30 days)
   */
  readonly maxAge?: number;
  /**
   * The time until which the gate still lets ids through that no gate minted, for clients that hold ids from
   * before: a `Date`, or a text such as `2026-03-01`. Until then such an id opens what it always opened, for
   * anybody.
   *
   * @default none is let through
   */
  readonly acceptUnsealedUntil?: Date | string;
  /**
   * Called once by `ownership()` if `acceptUnsealedUntil` is set, also if that time is over and the option should
   * be removed.
   *
   * @default writes to `console.warn`
   */
  readonly onWarning?: (warning: OwnershipWarning) => void;
}

/** The argument of {@link OwnershipOptions.onWarning}. */
export interface OwnershipWarning {
  readonly code: 'unsealed_ids';
  readonly message: string;
}

/**
 * Makes ids that open only for the caller who began what they name: sessions, tasks, streams. The gate checks
 * them in each request, without a store: an HMAC in the id covers its owner (issuer, client and subject of the
 * token).
 *
 * The gate checks `Mcp-Session-Id` and `Last-Event-ID` on every request. Where the policy reads the body, it also
 * checks the ids of tasks and of sessions in the query, and requires a session of the caller for JSON-RPC
 * responses. An id of another caller gets the same 404 as one that no gate minted, and nothing reaches the
 * handler. Whether what the caller's own id names still exists, the server decides.
 *
 * The server must mint its ids with {@link ownedId}, and must check ids that tools take as arguments with
 * {@link isOwned}. A token without a subject owns nothing.
 *
 * @throws {@link TypeError} naming the option
 * @example
 * ```ts
 * const gate = createGate({
 *   ownership: ownership({ keys: [process.env['OWNERSHIP_KEY'] ?? ''] }),
 *   // ...
 * });
 * ```
 * @group Ownership
 */
export function ownership(options: OwnershipOptions): Ownership {
  const { keys, maxAge, acceptUnsealedUntil, onWarning } = readOptions<
    OwnershipOptions,
    'maxAge' | 'onWarning'
  >(
    options,
    {
      keys: ['a list'],
      maxAge: [MAX_AGE, 30 * 24 * 60 * 60],
      acceptUnsealedUntil: ['any'],
      onWarning: ['a function', ({ message }) => console.warn(`ownership: ${message}`)],
    },
    'ownership',
  );
  const ring = lazily(readKeys(keys, 'ownership.keys'));
  const unsealedUntil = toTime(acceptUnsealedUntil);
  if (unsealedUntil !== undefined) callHook(() => onWarning(unsealedWarning(unsealedUntil)));
  return Object.freeze<Ownership>({
    attach(gate, { resource, clock, policy, streams, revocations, verifier }, auths) {
      const ids = new MintedIds({ resource, clock, maxAge, keys: ring });
      registerOwner(gate, { ids, auths });
      const streamEnds =
        streams === undefined
          ? undefined
          : new OpenStreams({ clock, revocations, verifier, auths });
      return new CheckedRequests({ ids, policy, clock, unsealedUntil, streamEnds });
    },
  });
}

const MAX_AGE: NumberKind = { min: 60, max: 10 * 365 * 24 * 60 * 60, unit: 'seconds' };

/** Derives keys at once if that needs no promise, so that set-up shows a fault, else at the first use. */
function lazily(secrets: readonly Uint8Array[]): () => KeyRing | Promise<KeyRing> {
  let keys: KeyRing | Promise<KeyRing> | undefined;
  const derive = (): KeyRing | Promise<KeyRing> => (keys ??= deriveKeys(secrets));
  if (nodeCrypto() !== undefined) void derive();
  return derive;
}

/** Matches a date, or a time with its zone. `Date` would read other forms in the server's time zone. */
const ISO = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

function toTime(until: unknown): number | undefined {
  if (until === undefined) return undefined;
  const isTime = until instanceof Date || (typeof until === 'string' && ISO.test(until));
  const time = isTime ? new Date(until).getTime() : NaN;
  const path = 'ownership.acceptUnsealedUntil';
  expect(Number.isFinite(time), path, 'expected a Date, 2026-03-01 or 2026-03-01T08:00:00Z');
  return time;
}

function unsealedWarning(until: number): OwnershipWarning {
  const day = new Date(until).toISOString();
  const message = `ids that no gate minted open for anybody until ${day}: remove acceptUnsealedUntil then`;
  return Object.freeze({ code: 'unsealed_ids', message });
}
