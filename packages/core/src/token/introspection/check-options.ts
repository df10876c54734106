/**
 * Checks the options of `introspectionVerifier`, and turns them into settings.
 *
 * @module
 */
import type { Client, ClientAuth } from 'oauth4webapi';
import { callHook } from '../../call-hook.js';
import type { Fetch } from '../../fetch-json.js';
import { BYTES, MILLISECONDS, checkKind, expect, readOptions } from '../../options.js';
import type { NumberKind } from '../../options.js';
import {
  CLOCK_TOLERANCE,
  DEFAULT_CLOCK_TOLERANCE,
  checkedIdentify,
  readClock,
  readExclusiveAudience,
  readServerAddress,
  readNames,
  readScopesClaim,
} from '../index.js';
import type { Addresses, Identify, ReadScopes, TokenCache } from '../index.js';
import { clientAuthenticator } from '../../client-authentication.js';
import type {
  CommonOptions,
  IntrospectionCacheOptions,
  IntrospectionVerifierOptions,
  IntrospectionWarning,
} from './options.js';

export interface IntrospectionSettings {
  readonly endpoint: string | undefined;
  readonly issuer: string | undefined;
  readonly client: Client;
  readonly authenticate: ClientAuth;
  /** The bounds of the caches, in seconds, entries and bytes. */
  readonly cache: Readonly<Required<Omit<IntrospectionCacheOptions, 'shared'>>>;
  readonly shared: TokenCache | undefined;
  /** Calls the application's hook, and never throws. */
  readonly warn: (warning: IntrospectionWarning) => void;
  readonly audiences: readonly string[] | undefined;
  readonly exclusiveAudience: readonly string[] | undefined;
  readonly requireAudience: boolean;
  readonly clockTolerance: number;
  readonly timeout: number;
  readonly maxConcurrentRequests: number;
  /** The pattern of the issuer's tokens. It matches whole tokens only, and keeps no state. */
  readonly tokenPattern: RegExp | undefined;
  readonly identify: Identify | undefined;
  readonly readScopes: ReadScopes;
  readonly addresses: Addresses;
  /** The origin at which the issuer is reached, if it differs from that of the issuer's URL. */
  readonly internalOrigin: string | undefined;
  readonly fetch: Fetch;
  /** Returns the time in seconds since the epoch. */
  readonly now: () => number;
}

/**
 * Checks every option and returns the settings.
 *
 * @throws {@link TypeError} naming the option, never a secret
 */
export function checkIntrospectionOptions(
  given: IntrospectionVerifierOptions,
): IntrospectionSettings {
  const options = readOptions<AllOptions, Defaulted>(given, OPTIONS, PATH);
  const { endpoint, issuer, clientId, clock, audience } = options;
  const isFound = endpoint !== undefined || issuer !== undefined;
  expect(isFound, pathOf('endpoint'), 'is required, unless issuer is set');
  const isNamed = clientId !== undefined && clientId !== '';
  expect(isNamed, pathOf('clientId'), 'expected a non-empty string');
  const { endpoint: reached, ...address } = readServerAddress(
    { ...options, endpointName: 'endpoint' },
    PATH,
  );
  const authentication = pathOf('clientAuthentication');
  return Object.freeze({
    endpoint: reached,
    issuer,
    ...address,
    client: { client_id: clientId },
    authenticate: clientAuthenticator(options.clientAuthentication, authentication),
    ...checkCache(options.cache),
    warn: warner(options.onWarning),
    audiences: audience === undefined ? undefined : readNames(audience, pathOf('audience'), 1),
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
    readScopes: readScopesClaim(options.scopesClaim, pathOf('scopesClaim')),
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
  | 'onWarning'
  | 'clock';

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
  onWarning: ['a function', ({ message }) => console.warn(`introspectionVerifier: ${message}`)],
  clock: ['a function', () => Date.now()],
  allowInsecureLoopback: ['a boolean'],
  allowInsecureHosts: ['a list'],
  internalUrl: ['a string'],
  scopesClaim: ['any'],
};

/** The bounds of `ttl` and `negativeTtl`: low, since a revoked token works while its answer is cached. */
const TTL: NumberKind = { min: 0, max: 60, unit: 'seconds' };

/** The bounds of the option `maxEntries`; a `Map` cannot hold more. */
const ENTRIES: NumberKind = { min: 1, max: 2 ** 24, unit: 'entries', integer: true };

type BoundName = Exclude<keyof IntrospectionCacheOptions, 'negativeTtl' | 'shared'>;

const CACHE: Parameters<typeof readOptions<IntrospectionCacheOptions, BoundName>>[1] = {
  ttl: [TTL, 30],
  negativeTtl: [TTL],
  maxEntries: [ENTRIES, 10_000],
  maxBytes: [BYTES, 16 * 1024 * 1024],
  shared: ['an object'],
};

function checkCache(
  given: IntrospectionCacheOptions = {},
): Pick<IntrospectionSettings, 'cache' | 'shared'> {
  const path = pathOf('cache');
  const { shared, ...cache } = readOptions<IntrospectionCacheOptions, BoundName>(
    given,
    CACHE,
    path,
  );
  const { ttl, negativeTtl = Math.min(ttl, 5) } = cache;
  checkKind(negativeTtl, `${path}.negativeTtl`, { ...TTL, max: ttl });
  if (shared !== undefined) {
    const isCache = typeof shared.get === 'function' && typeof shared.set === 'function';
    expect(isCache, `${path}.shared`, 'expected an object with get and set');
    expect(ttl > 0, `${path}.shared`, 'needs a ttl above 0');
  }
  return { cache: Object.freeze({ ...cache, negativeTtl }), shared };
}

function warner(onWarning: (warning: IntrospectionWarning) => void): IntrospectionSettings['warn'] {
  return (warning) => callHook(() => onWarning(Object.freeze(warning)));
}

/**
 * Returns a pattern that matches whole tokens. It is a new object, since the given one may keep a position
 * (`g`, `y`) and may be changed later.
 */
function wholeToken(pattern: RegExp | undefined): RegExp | undefined {
  if (pattern === undefined) return undefined;
  expect(pattern instanceof RegExp, pathOf('tokenPattern'), 'expected a regular expression');
  return new RegExp(`^(?:${pattern.source})$`, pattern.flags.replaceAll(/[dgmy]/g, ''));
}

function pathOf(name: string): string {
  return `${PATH}.${name}`;
}
