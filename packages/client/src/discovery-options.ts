/**
 * Defines and checks the options of a discovery.
 *
 * @module
 */
import { readOptions } from '@scopegate/core/engine';
import type { NumberKind } from '@scopegate/core/engine';
import type { Fetch } from './request.js';

export interface DiscoverResourceOptions {
  /** The challenge of the answer that required a token. If it names `resource_metadata`, that URL is used. */
  readonly challenge?: { readonly resourceMetadata?: string | undefined } | undefined;
  /** The `fetch` for the documents. It is called without a token. @default the global `fetch` */
  readonly fetch?: Fetch | undefined;
  /** Whether a challenge may name metadata on an origin other than the resource's. @default no other origin */
  readonly allowOrigin?: ((origin: string) => boolean | Promise<boolean>) | undefined;
  /**
   * Accepts only a document whose `resource` is the expected identifier (RFC 9728 s3.3): `url` if a challenge
   * named the document, else the URL into which the well-known path was inserted. Without this option, a path
   * above `url` on the same origin is accepted, too, as in the official MCP clients: many servers have one
   * document for several paths.
   *
   * @default false
   */
  readonly strictResource?: boolean | undefined;
  /**
   * Private host names and addresses that a public resource may name, exactly as `URL.hostname` writes
   * them: `idp.corp`, `10.0.0.6`, `[fd00::1]`.
   *
   * @default none
   */
  readonly allowPrivateHosts?: readonly string[] | undefined;
  /**
   * Resolves a host name to its addresses, so that they are checked, too. In Node:
   * `async (host) => (await dns.lookup(host, { all: true })).map(({ address }) => address)`. Without this
   * function, only the names and addresses in URLs are checked. The name may still resolve to another address
   * when `fetch` uses it a moment later. An IPv6 address is passed without brackets.
   */
  readonly lookup?: ((hostname: string) => Promise<readonly string[]>) | undefined;
  /** Maximum size of a document in bytes. @default 262144 */
  readonly maxBytes?: number | undefined;
  /** Maximum time for each document in milliseconds. @default 5000 */
  readonly timeout?: number | undefined;
}

type Defaulted =
  | 'allowOrigin'
  | 'allowPrivateHosts'
  | 'fetch'
  | 'maxBytes'
  | 'strictResource'
  | 'timeout';

/** The options after they were checked, with their defaults. */
export type DiscoverySettings = Omit<DiscoverResourceOptions, Defaulted> & {
  readonly [Name in Defaulted]: NonNullable<DiscoverResourceOptions[Name]>;
};

/** The kind of a size. The maximum is a size that a string or buffer can have in every runtime. */
const BYTES: NumberKind = { min: 1, max: 2 ** 29, unit: 'bytes' };

/** The kind of a time. The maximum is the longest time that a timer of Node and of browsers can wait. */
const MILLISECONDS: NumberKind = { min: 1, max: 2 ** 31 - 1, unit: 'milliseconds' };

/**
 * Checks the options of a discovery and adds defaults. `stepUpFetch` also calls it, at construction.
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
      allowPrivateHosts: ['a list', []],
      challenge: ['any'],
      fetch: ['a function', globalThis.fetch],
      lookup: ['a function'],
      maxBytes: [BYTES, 262_144],
      strictResource: ['a boolean', false],
      timeout: [MILLISECONDS, 5000],
    },
    path,
  );
  return settings as DiscoverySettings;
}
