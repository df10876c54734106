/**
 * Revocations of several instances.
 *
 * @module
 */
import { readOptions } from '@scopegate/core/engine';
import type { NumberKind } from '@scopegate/core/engine';
import type { Revocations } from '@scopegate/core';
import { commandSender } from './client.js';
import type { RedisClient } from './client.js';
import { STORE_OPTIONS, checkPrefix } from './options.js';
import type { StoreOptions } from './options.js';
import { RevocationSet } from './revocation-set.js';
import { createSeal } from './seal.js';
import type { Secret } from './seal.js';
import { Synchronizer } from './synchronizer.js';

export interface RedisRevocationsOptions extends StoreOptions {
  /**
   * Encrypts and authenticates the revocations: 32 random bytes or more, the same on all instances. Of a
   * list, the first one encrypts and all decrypt, so that a secret can be replaced.
   */
  readonly secret: Secret;
  /**
   * Maximum number of revocations that have not ended. Beyond it, `revoke` rejects: no revocation is
   * removed before its end. Each instance has all of them in memory.
   *
   * @default 10000
   */
  readonly maxEntries?: number;
  /**
   * Milliseconds without an answer of Redis after which this instance does not know any more which tokens
   * are revoked, 500 to 60000. Redis is asked after each quarter of this time.
   *
   * @default 1000
   */
  readonly maxStaleness?: number;
  /**
   * What happens to requests with a token while this instance does not know which tokens are revoked:
   * `refuse` answers them with 503; `allow` lets those pass that were not revoked before, so that a lost
   * connection is enough to use a revoked token.
   *
   * @default 'refuse'
   */
  readonly onStoreFailure?: 'refuse' | 'allow';
  /**
   * Called with a warning if `onStoreFailure` is `allow`: at construction, and once for each lost connection
   * in which a token was accepted. What it throws is ignored.
   *
   * @default writes to `console.warn`
   */
  readonly onWarning?: (warning: RedisWarning) => void;
}

/** A state that an operator should know of. */
export interface RedisWarning {
  /**
   * `failures_allowed`: `onStoreFailure` is `allow`. `connection_lost`: it is unknown which tokens are
   * revoked, and tokens are accepted.
   */
  readonly code: 'failures_allowed' | 'connection_lost';
  readonly message: string;
}

/** Revocations that all instances of a service share. */
export interface RedisRevocations extends Revocations {
  /** Revokes tokens on all instances. Resolves when Redis has the revocation. */
  revoke(...parameters: Parameters<Revocations['revoke']>): Promise<void>;
  /** Resolves when the revocations were read for the first time. Wait for it before you listen to a port. */
  ready(): Promise<void>;
  /**
   * Ends the connection for messages, and asks Redis no more. The client stays open. From then on, this
   * instance does not know which tokens are revoked, as when Redis is down.
   */
  close(): void;
}

/**
 * Makes a list of revoked tokens for `createGate({ revocations })` that all instances of a service share. A
 * revocation is data, which is kept until its end: `revoke({ issuer, subject: 'ray', issuedBefore }, { until })`
 * on one instance refuses the tokens on all of them, mostly within milliseconds. An instance that does not get
 * it within `maxStaleness` does what `onStoreFailure` says. Asking costs nothing but a look into memory.
 *
 * The set is read at the start, after every failure, every 30 seconds, and if its version says that something
 * is missing; messages on a channel only make it quicker. A revocation takes effect at once on the instance
 * whose `revoke` was called. If Redis cannot take it, `revoke` rejects, and this instance writes it as soon as
 * it can. Redis that lost its data gets the revocations back from the instances that are running.
 *
 * While Redis has not answered for `maxStaleness`, or has what was not written with the secret, this
 * instance cannot know what is revoked: `isRevoked` throws, and the gate answers with 503, unless
 * `onStoreFailure` is `allow`. The same happens in a process that stands still for that long, as in a debugger
 * or a frozen container, until Redis has answered again.
 *
 * The revocations are encrypted and authenticated; their ends and their number can be read in Redis. Who can
 * write to Redis can stop the service, and can remove revocations from instances that start later.
 *
 * @example
 * ```ts
 * const revocations = redisRevocations(client, { secret: process.env.REVOCATION_SECRET });
 * const gate = createGate({ ...options, revocations });
 * await revocations.ready();
 * ```
 * @throws {@link TypeError} naming the option, never the secret
 * @group Stores
 */
export function redisRevocations(
  client: RedisClient,
  options: RedisRevocationsOptions,
): RedisRevocations {
  const { prefix, timeout, secret, maxEntries, maxStaleness, onStoreFailure, onWarning } =
    readOptions<RedisRevocationsOptions, Defaulted>(options, OPTIONS, PATH);
  checkPrefix(prefix, `${PATH}.prefix`);
  const seal = createSeal(secret, 'revocations', `${PATH}.secret`);
  const warn = (code: RedisWarning['code'], message: string): void => {
    try {
      onWarning(Object.freeze({ code, message }));
    } catch {
      // A hook changes no decision.
    }
  };
  const set = new RevocationSet(prefix, commandSender(client, timeout, PATH), seal, maxEntries);
  const state = new Synchronizer({ client, set, maxEntries, maxStaleness });
  if (onStoreFailure === 'allow') {
    warn('failures_allowed', 'revoked tokens are accepted while Redis does not answer');
  }
  let warnedOf = NaN;
  return Object.freeze<RedisRevocations>({
    isRevoked: (token) => {
      // What is known to be revoked is refused, whatever the connection.
      if (state.list.isRevoked(token)) return true;
      if (!state.isStale()) return false;
      const message = `${PATH}: Redis has not answered for ${maxStaleness} ms${causeOf(state.failure)}`;
      if (onStoreFailure === 'refuse') throw new Error(message, { cause: state.failure });
      if (warnedOf !== state.confirmedAt) warn('connection_lost', message);
      warnedOf = state.confirmedAt;
      return false;
    },
    revoke: async (revocation, given) => state.add(revocation, given?.until),
    onRevoked: (listener) => state.list.onRevoked(listener),
    ready: () => state.ready(),
    close: () => state.close(),
  });
}

const PATH = 'redisRevocations';

type Defaulted = Exclude<keyof RedisRevocationsOptions, 'secret'>;

/** The bounds of `maxEntries`. After a lost connection, all entries must be read within a moment. */
const ENTRIES: NumberKind = { min: 1, max: 100_000, unit: 'revocations', integer: true };

const STALENESS: NumberKind = { min: 500, max: 60_000, unit: 'milliseconds' };

const OPTIONS: Parameters<typeof readOptions<RedisRevocationsOptions, Defaulted>>[1] = {
  ...STORE_OPTIONS,
  secret: ['any'],
  maxEntries: [ENTRIES, 10_000],
  maxStaleness: [STALENESS, 1_000],
  onStoreFailure: [['refuse', 'allow'], 'refuse'],
  onWarning: ['a function', ({ message }) => console.warn(`redisRevocations: ${message}`)],
};

function causeOf(failure: unknown): string {
  return failure instanceof Error ? ` (${failure.message.slice(0, 200)})` : '';
}
