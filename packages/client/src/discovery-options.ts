/**
 * The options of a discovery, and how they are checked.
 *
 * @module
 */
import { readOptions } from '@scopegate/core/engine';
import type { NumberKind } from '@scopegate/core/engine';
import type { Fetch } from './request.js';

export interface DiscoverResourceOptions {
  /** The challenge of the answer that asked for a token. Its `resource_metadata` is used first. */
  readonly challenge?: { readonly resourceMetadata?: string | undefined } | undefined;
  /** Called without a token. @default the global `fetch` */
  readonly fetch?: Fetch | undefined;
  /** Whether a challenge may name metadata on this other origin. @default none */
  readonly allowOrigin?: ((origin: string) => boolean | Promise<boolean>) | undefined;
  /**
   * Accepts also a document whose `resource` is a path above `url` on the same origin. RFC 9728 does not
   * allow it, but many servers have one document for several paths.
   *
   * @default false
   */
  readonly allowPathPrefix?: boolean | undefined;
  /**
   * Private host names and addresses that a public resource may name, exactly as `URL.hostname` writes
   * them: `idp.corp`, `10.0.0.6`, `[fd00::1]`.
   *
   * @default none
   */
  readonly allowPrivateHosts?: readonly string[] | undefined;
  /**
   * Resolves a host name to its addresses, so that they are checked too. In Node:
   * `async (host) => (await dns.lookup(host, { all: true })).map(({ address }) => address)`. Without it,
   * only addresses in URLs are checked. The name may still resolve to another address when `fetch` uses
   * it a moment later.
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
export type DiscoverySettings = Omit<DiscoverResourceOptions, Defaulted> & {
  readonly [Name in Defaulted]: NonNullable<DiscoverResourceOptions[Name]>;
};

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
