/**
 * The options of an introspection verifier, checked and copied at construction.
 *
 * @module
 */
import { checkUrl } from '../../metadata/index.js';
import { BYTES, MILLISECONDS, checkKind, readOptions } from '../../options.js';
import type { Kind, NumberKind } from '../../options.js';
import {
  CLOCK_TOLERANCE,
  DEFAULT_CLOCK_TOLERANCE,
  checkedIdentify,
  readClock,
  readExclusiveAudience,
} from '../index.js';
import type { Fetch } from '../../fetch-json.js';
import type { Clock, Identify } from '../index.js';
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
  /**
   * Questions under way at the same time. While there are as many, a token without a remembered
   * answer is a 503 with `Retry-After` at once: made-up tokens must not become as many requests.
   *
   * @default 64
   */
  readonly maxConcurrentRequests?: number;
  /**
   * What the issuer's tokens look like as a whole, such as `/idp_[A-Za-z0-9]{40}/`: another token is a
   * 401 without a question. The flags `g`, `y` and `m` count for nothing. It runs over what anybody
   * sends, up to 16 KiB: one that takes more than linear time is a way to stop the service.
   *
   * @default any token is asked about
   */
  readonly tokenPattern?: RegExp;
  /**
   * Says who acts, from an answer's members, where `sub` and `client_id` do not: an answer may lack
   * both (RFC 7662 s2.2). `username` may pass to another person: only if it never does at this
   * issuer, it is a subject.
   *
   * @default `sub` beside `client_id` (or `azp`, `cid`): the same is a client, another is a user
   */
  readonly identify?: Identify;
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
  readonly maxConcurrentRequests: number;
  /** Fits whole tokens only, and keeps no state. */
  readonly tokenPattern: RegExp | undefined;
  readonly identify: Identify | undefined;
  readonly fetch: Fetch;
  /** Seconds since the epoch. */
  readonly now: () => number;
}

/** Checks every option; a `TypeError` names the one that is wrong, and never shows a secret. */
export function checkOptions(given: IntrospectionVerifierOptions): Settings {
  const options = readOptions<AllOptions, Defaulted>(given, OPTIONS, PATH);
  const { endpoint, issuer, clientId, clock, audience } = options;
  if (endpoint === undefined && issuer === undefined) {
    fail('is required, unless issuer is set', 'endpoint');
  }
  if (clientId === undefined || clientId === '') fail('expected a non-empty string', 'clientId');
  const address = (url: unknown, name: string): string =>
    checkAddress(url, pathOf(name), options.allowInsecureLoopback);
  const authentication = pathOf('clientAuthentication');
  return Object.freeze({
    endpoint: endpoint === undefined ? undefined : address(endpoint, 'endpoint'),
    issuer: issuer === undefined ? undefined : address(issuer, 'issuer'),
    authenticate: clientAuthenticator(clientId, options.clientAuthentication, authentication),
    cache: checkCache(options.cache),
    audiences: audience === undefined ? undefined : names(audience, 'audience'),
    exclusiveAudience: readExclusiveAudience(
      options.exclusiveAudience,
      pathOf('exclusiveAudience'),
    ),
    requireAudience: options.requireAudience,
    clockTolerance: options.clockTolerance,
    timeout: options.timeout,
    maxConcurrentRequests: options.maxConcurrentRequests,
    tokenPattern: wholeToken(options.tokenPattern),
    identify: checkedIdentify(options.identify),
    fetch: options.fetch,
    now: () => readClock(clock) / 1000,
  });
}

const PATH = 'introspectionVerifier';

interface AllOptions extends CommonOptions {
  readonly endpoint?: string | undefined;
  readonly issuer?: string;
}

type Defaulted =
  | 'requireAudience'
  | 'clockTolerance'
  | 'timeout'
  | 'maxConcurrentRequests'
  | 'fetch'
  | 'clock'
  | 'allowInsecureLoopback';

const REQUESTS: NumberKind = { min: 1, max: 65_536, unit: 'requests', integer: true };

const OPTIONS: Parameters<typeof readOptions<AllOptions, Defaulted>>[1] = {
  endpoint: ['any'],
  issuer: ['any'],
  clientId: ['a string'],
  clientAuthentication: ['any'],
  cache: ['an object'],
  audience: ['any'],
  exclusiveAudience: ['any'],
  requireAudience: ['a boolean', true],
  clockTolerance: [CLOCK_TOLERANCE, DEFAULT_CLOCK_TOLERANCE],
  timeout: [MILLISECONDS, 4_000],
  maxConcurrentRequests: [REQUESTS, 64],
  tokenPattern: ['any'],
  identify: ['a function'],
  fetch: ['a function', (url, init) => globalThis.fetch(url, init)],
  clock: ['a function', () => Date.now()],
  allowInsecureLoopback: ['a boolean', false],
};

/** Longest time that an answer is used again: what was revoked works as long. */
const TTL: NumberKind = { min: 0, max: 60, unit: 'seconds' };

/** As many as a `Map` can hold. */
const ENTRIES: NumberKind = { min: 1, max: 2 ** 24, unit: 'entries', integer: true };

type CacheName = keyof IntrospectionCacheOptions;

const CACHE: { readonly [Name in CacheName]-?: readonly [kind: Kind, otherwise?: number] } = {
  ttl: [TTL, 30],
  negativeTtl: [TTL],
  maxEntries: [ENTRIES, 10_000],
  maxBytes: [BYTES, 16 * 1024 * 1024],
};

function checkCache(given: IntrospectionCacheOptions = {}): Settings['cache'] {
  const path = pathOf('cache');
  const cache = readOptions<IntrospectionCacheOptions, Exclude<CacheName, 'negativeTtl'>>(
    given,
    CACHE,
    path,
  );
  const { ttl, negativeTtl = Math.min(ttl, 5) } = cache;
  checkKind(negativeTtl, `${path}.negativeTtl`, { ...TTL, max: ttl });
  return Object.freeze({ ...cache, negativeTtl });
}

/** A pattern of its own: the given one may remember a place (`g`, `y`), and be changed later. */
function wholeToken(pattern: RegExp | undefined): RegExp | undefined {
  if (pattern === undefined) return undefined;
  if (!(pattern instanceof RegExp)) fail('expected a regular expression', 'tokenPattern');
  return new RegExp(`^(?:${pattern.source})$`, pattern.flags.replaceAll(/[dgmy]/g, ''));
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

function fail(what: string, name: string): never {
  throw new TypeError(`${pathOf(name)}: ${what}`);
}

function pathOf(name: string): string {
  return `${PATH}.${name}`;
}
