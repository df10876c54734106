/**
 * The options of an introspection verifier, checked and copied at construction.
 *
 * @module
 */
import { checkUrl } from '../../metadata/index.js';
import { readClock, readExclusiveAudience } from '../index.js';
import type { Clock, Fetch } from '../index.js';
import { clientAuthenticator } from './client-authentication.js';
import type { Authenticate, ClientAuthentication } from './client-authentication.js';

export interface IntrospectionCacheOptions {
  /**
   * Seconds that an active answer is used again, 0 to 60, never past `exp`. A revoked token works
   * this long at most; 0 asks for every request.
   *
   * @default 30
   */
  readonly ttl?: number;
  /** Seconds that "not active" is used again, at most `ttl`. @default 5, or `ttl` if that is less */
  readonly negativeTtl?: number;
  /** Entries of each kind, active and not. @default 10000 */
  readonly maxEntries?: number;
  /** Bytes of each kind, roughly. @default 16777216 (16 MiB) */
  readonly maxBytes?: number;
}

interface CommonOptions {
  /** This resource server's id at the authorization server. */
  readonly clientId: string;
  readonly clientAuthentication: ClientAuthentication;
  readonly cache?: IntrospectionCacheOptions;
  /**
   * Audiences that a token may name.
   *
   * @default the gate's `resource`
   */
  readonly audience?: string | readonly string[];
  /**
   * Refuse tokens that name another audience beside an accepted one: `true`, or with the audiences
   * that may stand there. A token for several services can be replayed at each by the others.
   *
   * @default any may: an accepted one among them is enough (RFC 9068 s4)
   */
  readonly exclusiveAudience?: true | readonly string[];
  /**
   * Refuse answers without `aud`. Turn it off only where the endpoint answers "active" for tokens of
   * this resource alone: otherwise a token for any other service is let in.
   *
   * @default true
   */
  readonly requireAudience?: boolean;
  /**
   * Seconds of clock difference to forgive, at most 60.
   *
   * @default 30
   */
  readonly clockTolerance?: number;
  /**
   * Milliseconds until the endpoint must have answered. Keep it under the gate's `verifierTimeout`:
   * then the error says who was slow.
   *
   * @default 4000
   */
  readonly timeout?: number;
  /** @default the global `fetch` */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /**
   * Milliseconds since the epoch, for tests.
   *
   * @default Date.now
   */
  readonly clock?: Clock;
  /** Let endpoint and issuer use `http` on this machine: tokens and secrets go there in the clear. */
  readonly allowInsecureLoopback?: boolean;
}

export type IntrospectionVerifierOptions = CommonOptions &
  (
    | {
        /** Where to ask. */
        readonly endpoint: string;
        /** Compared exactly with `iss`, where an answer has one. */
        readonly issuer?: string;
      }
    | {
        readonly endpoint?: undefined;
        /** Compared exactly with `iss`; its metadata names the endpoint. */
        readonly issuer: string;
      }
  );

export interface Settings {
  readonly endpoint: string | undefined;
  readonly issuer: string | undefined;
  readonly authenticate: Authenticate;
  /** Seconds, entries and bytes. */
  readonly cache: Readonly<Required<IntrospectionCacheOptions>>;
  readonly audiences: readonly string[] | undefined;
  readonly exclusiveAudience: readonly string[] | undefined;
  readonly requireAudience: boolean;
  readonly clockTolerance: number;
  readonly timeout: number;
  readonly fetch: Fetch;
  /** Seconds since the epoch. */
  readonly now: () => number;
}

/** Checks every option; a `TypeError` names the one that is wrong, and never shows a secret. */
export function checkOptions(options: IntrospectionVerifierOptions): Settings {
  if (typeof options !== 'object' || options === null) fail('expected options', '');
  for (const name of Object.keys(options)) {
    if (!OPTIONS.has(name)) fail('unknown option', name);
  }
  const { endpoint, issuer, clientId, clock = Date.now } = options;
  if (endpoint === undefined && issuer === undefined) {
    fail('is required, unless issuer is set', 'endpoint');
  }
  if (typeof clientId !== 'string' || clientId === '')
    fail('expected a non-empty string', 'clientId');
  const allowHttp = flag(options.allowInsecureLoopback, 'allowInsecureLoopback', false);
  const address = (url: unknown, name: string): string =>
    checkAddress(url, pathOf(name), allowHttp);
  const given = options.fetch;
  if (given !== undefined && typeof given !== 'function') fail('expected a function', 'fetch');
  if (typeof clock !== 'function') fail('expected a function', 'clock');
  const authentication = pathOf('clientAuthentication');
  return Object.freeze({
    endpoint: endpoint === undefined ? undefined : address(endpoint, 'endpoint'),
    issuer: issuer === undefined ? undefined : address(issuer, 'issuer'),
    authenticate: clientAuthenticator(clientId, options.clientAuthentication, authentication),
    cache: checkCache(options.cache),
    audiences: options.audience === undefined ? undefined : names(options.audience, 'audience'),
    exclusiveAudience: readExclusiveAudience(
      options.exclusiveAudience,
      pathOf('exclusiveAudience'),
    ),
    requireAudience: flag(options.requireAudience, 'requireAudience', true),
    clockTolerance: seconds(options.clockTolerance ?? 30, 'clockTolerance', 60),
    timeout: positive(options.timeout ?? 4_000, 'timeout'),
    fetch: given ?? ((url, init) => globalThis.fetch(url, init)),
    now: () => readClock(clock) / 1000,
  });
}

const OPTIONS: ReadonlySet<string> = new Set([
  ...['endpoint', 'issuer', 'clientId', 'clientAuthentication', 'cache', 'audience'],
  ...['exclusiveAudience', 'requireAudience', 'clockTolerance', 'timeout', 'fetch', 'clock'],
  'allowInsecureLoopback',
]);

function checkCache(cache: IntrospectionCacheOptions = {}): Settings['cache'] {
  if (typeof cache !== 'object' || cache === null) fail('expected an object', 'cache');
  const known = { ttl: 30, negativeTtl: 5, maxEntries: 10_000, maxBytes: 16 * 1024 * 1024 };
  for (const name of Object.keys(cache)) {
    if (!Object.hasOwn(known, name)) fail('unknown option', `cache.${name}`);
  }
  const { maxEntries = known.maxEntries, maxBytes = known.maxBytes } = cache;
  const ttl = seconds(cache.ttl ?? known.ttl, 'cache.ttl', 60);
  return Object.freeze({
    ttl,
    negativeTtl: seconds(
      cache.negativeTtl ?? Math.min(ttl, known.negativeTtl),
      'cache.negativeTtl',
      ttl,
    ),
    maxEntries: positive(maxEntries, 'cache.maxEntries'),
    maxBytes: positive(maxBytes, 'cache.maxBytes'),
  });
}

function checkAddress(url: unknown, path: string, allowHttp: boolean): string {
  const { protocol } = checkUrl(url, path);
  if (protocol !== 'https:' && !allowHttp) {
    throw new TypeError(`${path}: must use https (or set allowInsecureLoopback)`);
  }
  return url as string;
}

function names(value: string | readonly string[], name: string): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0 || list.some((one) => typeof one !== 'string' || one === '')) {
    fail('expected at least one non-empty string', name);
  }
  return Object.freeze([...(list as readonly string[])]);
}

function flag(value: boolean | undefined, name: string, fallback: boolean): boolean {
  if (value !== undefined && typeof value !== 'boolean') fail('expected a boolean', name);
  return value ?? fallback;
}

function seconds(value: number, name: string, most: number): number {
  if (!(value >= 0 && value <= most)) fail(`expected 0 to ${most} seconds`, name);
  return value;
}

function positive(value: number, name: string): number {
  if (!(Number.isFinite(value) && value > 0)) fail('expected a positive number', name);
  return value;
}

function fail(what: string, name: string): never {
  throw new TypeError(`${pathOf(name)}: ${what}`);
}

function pathOf(name: string): string {
  return name === '' ? 'introspectionVerifier' : `introspectionVerifier.${name}`;
}
