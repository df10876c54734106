/**
 * The options of a discovery, and how they are checked.
 *
 * @module
 */
import { readOptions } from '@scopegate/core/engine';
import type { NumberKind, Read } from '@scopegate/core/engine';
import type { Fetch } from './request.js';

export interface DiscoverResourceOptions {
  /** Of the answer that asked for a token; its `resource_metadata` is looked at before all else. */
  readonly challenge?: { readonly resourceMetadata?: string | undefined } | undefined;
  /** Called without a token. @default the global `fetch` */
  readonly fetch?: Fetch | undefined;
  /** Whether a challenge may name metadata on this other origin. @default none */
  readonly allowOrigin?: ((origin: string) => boolean | Promise<boolean>) | undefined;
  /**
   * Also believes a document whose `resource` is a path above `url`, on its origin. A leniency that
   * RFC 9728 does not know, and that many servers need.
   *
   * @default false
   */
  readonly allowPathPrefix?: boolean | undefined;
  /**
   * Host names and addresses inside a network that a resource outside of it may name, exactly as
   * `URL.hostname` writes them: `idp.corp`, `10.0.0.6`, `[fd00::1]`.
   *
   * @default none
   */
  readonly allowPrivateHosts?: readonly string[] | undefined;
  /**
   * Resolves a host name to its addresses, so that a name for a private address is seen too. In
   * Node: `async (host) => (await dns.lookup(host, { all: true })).map(({ address }) => address)`.
   * Without it only addresses in URLs can be checked. The name may resolve to another address when
   * it is fetched a moment later, which cannot be checked here in either case.
   */
  readonly lookup?: ((hostname: string) => Promise<readonly string[]>) | undefined;
  /** @default 262144 */
  readonly maxBytes?: number | undefined;
  /** Milliseconds for each document. @default 5000 */
  readonly timeout?: number | undefined;
}

type Defaulted =
  | 'allowOrigin'
  | 'allowPathPrefix'
  | 'allowPrivateHosts'
  | 'fetch'
  | 'maxBytes'
  | 'timeout';

/** Checked and complete. */
export interface DiscoverySettings extends Read<DiscoverResourceOptions, Defaulted> {
  readonly allowOrigin: NonNullable<DiscoverResourceOptions['allowOrigin']>;
  readonly allowPathPrefix: boolean;
  readonly allowPrivateHosts: readonly string[];
  readonly fetch: Fetch;
  readonly maxBytes: number;
  readonly timeout: number;
}

/** A size that one string or buffer of every runtime can have. */
const BYTES: NumberKind = { min: 1, max: 2 ** 29, unit: 'bytes' };

/** The longest time that a timer of Node and of browsers can wait is the upper bound. */
const MILLISECONDS: NumberKind = { min: 1, max: 2 ** 31 - 1, unit: 'milliseconds' };

/**
 * Checks the options of a discovery. `stepUpFetch` calls it at construction too.
 *
 * @throws {@link TypeError} naming the option
 */
export function readDiscoveryOptions(
  options: DiscoverResourceOptions,
  path: string,
): DiscoverySettings {
  const settings = readOptions<DiscoverResourceOptions, Defaulted>(
    options,
    {
      allowOrigin: ['a function', () => false],
      allowPathPrefix: ['a boolean', false],
      allowPrivateHosts: ['a list', []],
      challenge: ['any'],
      fetch: ['a function', globalThis.fetch],
      lookup: ['a function'],
      maxBytes: [BYTES, 262_144],
      timeout: [MILLISECONDS, 5000],
    },
    path,
  );
  return settings as DiscoverySettings;
}
