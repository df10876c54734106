/**
 * Checks the options of `upstreamTokens`, and turns them into settings.
 *
 * @module
 */
import { DPoP, generateKeyPair } from 'oauth4webapi';
import type { Client, ClientAuth, DPoPHandle } from 'oauth4webapi';
import { callHook } from '../call-hook.js';
import { clientAuthenticator } from '../client-authentication.js';
import type { Fetch } from '../fetch-json.js';
import { InsufficientScopeError } from '../errors.js';
import { internalsOf } from '../gate/index.js';
import type { Gate } from '../gate/index.js';
import { MILLISECONDS, expect, readOptions } from '../options.js';
import { present } from '../values.js';
import type { NumberKind, Read } from '../options.js';
import type { Auth } from '../policy/index.js';
import { checkAddress, checkName, readServerAddress, urlFinder } from '../token/index.js';
import type { Bounds, Revocations } from '../token/index.js';
import { createScopeMapping } from './scope-mapping.js';
import type { ScopeMapping } from './scope-mapping.js';
import type { UpstreamCacheOptions, UpstreamProvider, UpstreamTokensOptions } from './types.js';

export interface ExchangeSettings {
  readonly gate: Gate;
  readonly provider: UpstreamProvider;
  readonly findEndpoint: () => Promise<string>;
  readonly client: Client;
  readonly authenticate: ClientAuth;
  /** The parameters that name the API: `resource` or `audience`. */
  readonly target: Readonly<Record<string, string>>;
  readonly origin: string | undefined;
  readonly mapping: ScopeMapping;
  /** The issuers whose tokens are exchanged. */
  readonly subjectIssuers: ReadonlySet<string>;
  /** The issuer of a token that names none, if there can be only one. */
  readonly onlyIssuer: string | undefined;
  readonly clientCredentials: boolean;
  readonly actorToken: ((auth: Auth) => string | Promise<string>) | undefined;
  readonly clientId: string;
  /** This server's name in `may_act`, where it is another one than `clientId`. */
  readonly actorSubject: string | undefined;
  readonly subjectTokenType: string;
  readonly requestedTokenType: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly dpop: (() => Promise<DPoPHandle>) | undefined;
  readonly cache: Bounds & Read<UpstreamCacheOptions, CacheDefaulted>;
  /** What a kept token depends on, besides the caller and the scopes. */
  readonly identity: readonly unknown[];
  /** The revocations of the gate. */
  readonly revocations: Revocations | undefined;
  readonly maxConcurrentRequests: number;
  readonly timeout: number;
  readonly fetch: Fetch;
  readonly report: (error: unknown) => void;
  /** Returns the time in seconds since the epoch. */
  readonly now: () => number;
}

const PATH = 'upstreamTokens';
/** The type of access tokens, in requests and answers (RFC 8693 s3). */
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

type Defaulted =
  | ('clientCredentials' | 'subjectIssuers' | 'subjectTokenType' | 'requestedTokenType')
  | ('parameters' | 'dpop' | 'cache' | 'timeout' | 'maxConcurrentRequests' | 'fetch');

const TTL: NumberKind = { min: 1, max: 3600, unit: 'seconds' };
const ENTRIES: NumberKind = { min: 1, max: 2 ** 24, unit: 'entries', integer: true };
const REQUESTS: NumberKind = { ...ENTRIES, unit: 'requests' };

const OPTIONS: Parameters<typeof readOptions<UpstreamTokensOptions, Defaulted>>[1] = {
  issuer: ['a string'],
  tokenEndpoint: ['a string'],
  provider: ['an object'],
  subjectIssuers: ['a list', []],
  clientId: ['a string'],
  clientAuthentication: ['an object'],
  resource: ['a string'],
  audience: ['a string'],
  origin: ['a string'],
  scopes: ['an object'],
  scope: ['any'],
  clientCredentials: ['a boolean', false],
  actorToken: ['a function'],
  actorSubject: ['a string'],
  subjectTokenType: ['a string', ACCESS_TOKEN],
  requestedTokenType: ['a string', ACCESS_TOKEN],
  parameters: ['an object', {}],
  dpop: ['any', false],
  cache: ['an object', {}],
  timeout: [MILLISECONDS, 4_000],
  maxConcurrentRequests: [REQUESTS, 256],
  fetch: ['a function', (url, init) => globalThis.fetch(url, init)],
  onError: ['a function'],
  allowInsecureLoopback: ['a boolean'],
  allowInsecureHosts: ['a list'],
  internalUrl: ['a string'],
};

type CacheDefaulted = 'ttl' | 'failureTtl' | 'maxEntries';

const CACHE: Parameters<typeof readOptions<UpstreamCacheOptions, CacheDefaulted>>[1] = {
  ttl: [TTL, 300],
  failureTtl: [TTL, 3],
  maxEntries: [ENTRIES, 10_000],
  shared: ['an object'],
};

/** Matches the parameters that this package sets itself. */
const RESERVED = /^(?:grant_type|scope|audience|resource|client_.*)$|_token|assertion/;

/** Checks every option. @throws {@link TypeError} naming the option, never a secret */
export function checkUpstreamOptions<S extends string>(
  gate: Gate<S>,
  given: UpstreamTokensOptions<S>,
): ExchangeSettings {
  const { settings, createErrorLog } = internalsOf(gate, PATH);
  const [only, ...others] = settings.authorizationServers;
  const options = readOptions<UpstreamTokensOptions, Defaulted>(given, OPTIONS, PATH);
  const { clientId, resource, audience, fetch, timeout, parameters, onError } = options;
  expect(
    (options.provider === undefined) !== (options.issuer === undefined),
    `${PATH}.issuer`,
    'expected either this or provider',
  );
  // It has no prototype, since a polluted one could loosen the checks of an answer.
  const provider = {
    __proto__: null,
    ...(options.provider ?? { issuer: options.issuer, grant: 'token-exchange' }),
  } as unknown as UpstreamProvider;
  const { issuer, grant } = provider;
  const { endpoint, ...address } = readServerAddress(
    {
      ...options,
      issuer,
      endpoint: options.tokenEndpoint ?? provider.tokenEndpoint,
      endpointName: 'tokenEndpoint',
    },
    PATH,
  );
  const { addresses } = address;
  expect(Boolean(clientId), `${PATH}.clientId`, 'expected a non-empty string');
  // RFC 8693 s2.1: a token for several targets would have every scope at each of them.
  const isOne = resource === undefined || audience === undefined;
  expect(isOne, `${PATH}.audience`, 'expected either this or resource');
  // With the option `origin`, nothing is sent to the resource: it is a name only.
  if (resource !== undefined) checkName(resource, `${PATH}.resource`, addresses);
  const origin = options.origin ?? resource;
  const isNamed = (resource ?? audience ?? options.scope ?? options.scopes) !== undefined;
  expect(isNamed, `${PATH}.resource`, 'expected resource, audience or scopes');
  for (const [name, value] of Object.entries(parameters)) {
    const isOwn = typeof value === 'string' && !RESERVED.test(name);
    expect(isOwn, `${PATH}.parameters.${name}`, 'cannot be set here');
  }
  const log = createErrorLog(gate.resource);
  const report = (error: unknown): void =>
    callHook(() => {
      if (onError) return onError(error);
      // Missing consent is no fault of this server, so it is not logged.
      if (!(error instanceof InsufficientScopeError)) log(error, PATH, undefined);
    });
  const now = (): number => settings.clock() / 1000;
  const anyGate = gate as unknown as Gate;
  const target = present({ resource, audience }) as ExchangeSettings['target'];
  const { subjectTokenType, requestedTokenType, actorSubject, dpop } = options;
  const cache = {
    ...readOptions<UpstreamCacheOptions, CacheDefaulted>(options.cache, CACHE, `${PATH}.cache`),
    maxBytes: 32 * 1024 * 1024,
  };
  // A token that is bound to the key of this process is of no use in another one.
  const isShareable = !cache.shared || ('find' in cache.shared && !dpop);
  expect(isShareable, `${PATH}.cache.shared`, 'expected a store, and no dpop beside it');
  return Object.freeze({
    ...options,
    gate: anyGate,
    provider,
    findEndpoint: urlFinder('token_endpoint', endpoint, {
      issuer,
      fetch,
      timeout,
      now,
      ...address,
    }),
    client: { client_id: clientId },
    authenticate: clientAuthenticator(options.clientAuthentication, `${PATH}.clientAuthentication`),
    target,
    origin: origin && checkAddress(origin, `${PATH}.origin`, addresses).origin,
    mapping: createScopeMapping({ ...options, gate: anyGate, path: PATH, report }),
    subjectIssuers: new Set([
      issuer,
      ...(provider.subjectIssuers ?? []),
      ...options.subjectIssuers,
    ]),
    onlyIssuer: others.length === 0 ? only : undefined,
    dpop: proofMaker(dpop),
    cache,
    identity: [
      issuer,
      grant,
      endpoint,
      clientId,
      target,
      parameters,
      subjectTokenType,
      requestedTokenType,
      actorSubject,
    ],
    revocations: settings.revocations,
    report,
    now,
  });
}

/** Returns a function that makes the handle for DPoP proofs once, when the first proof is needed. */
function proofMaker(dpop: boolean | CryptoKeyPair): ExchangeSettings['dpop'] {
  if (dpop === false) return undefined;
  let handle: Promise<DPoPHandle> | undefined;
  const make = async (): Promise<DPoPHandle> =>
    DPoP({}, dpop === true ? await generateKeyPair('ES256') : dpop);
  return () => (handle ??= make());
}
