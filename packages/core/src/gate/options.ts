/**
 * Checks the options of a gate, and copies them.
 *
 * @module
 */
import { protectedResourceMetadataUrl } from '../metadata/index.js';
import type { Enforcement, ReportOnlyMode } from '../observe/index.js';
import { BYTES, MILLISECONDS, expect, readOptions } from '../options.js';
import type { Read } from '../options.js';
import type { Policy } from '../policy/index.js';
import { defineScopes, expectKnown, isScopeCatalogue, knownScopes } from '../scope/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import { clockToleranceOf, readClock } from '../token/index.js';
import type { DpopCheck, MtlsCheck, Verifier } from '../token/index.js';
import { isObject } from '../values.js';
import { checkSetUp, checkVerifier } from './check-set-up.js';
import { checkCors } from './cors.js';
import type { CorsSettings } from './cors.js';
import type { GateOptions } from './gate-options.js';
import { checkMetadata } from './metadata-options.js';
import { checkTokenFrom } from './token-from.js';
import type { TokenSource } from './token-from.js';

/** Options that have a default. */
type Defaulted =
  | 'challengeScopes'
  | 'tokenSyntax'
  | 'metadata'
  | 'rootAlias'
  | 'issuersDiffer'
  | 'bodyLimit'
  | 'bodyTimeout'
  | 'verifierTimeout'
  | 'ruleTimeout'
  | 'onWarning'
  | 'clock';

/** Options that become settings without a change. */
type Unchanged =
  | 'resource'
  | 'revocations'
  | 'provider'
  | 'policy'
  | 'realm'
  | 'errorUri'
  | 'signedMetadata'
  | 'onError'
  | 'onDecision'
  | 'ownership'
  | 'streams';

export interface GateSettings extends Pick<Read<GateOptions, Defaulted>, Defaulted | Unchanged> {
  readonly authorizationServers: readonly string[];
  readonly metadataUrl: string;
  readonly verifier: Verifier;
  readonly dpop: DpopCheck | undefined;
  readonly mtls: MtlsCheck | undefined;
  readonly catalogue: ScopeCatalogue;
  readonly initialScopes: readonly string[];
  readonly allowedOrigins: ReadonlySet<string> | undefined;
  readonly cors: CorsSettings | undefined;
  readonly tokenSource: TokenSource | undefined;
  readonly reportOnly: ReportOnlyMode | undefined;
}

/** Checks every option; a `TypeError` names the one that is wrong. */
export function checkGateOptions<S extends string>(given: GateOptions<S>): GateSettings {
  const options = readOptions<GateOptions, Defaulted>(given, OPTIONS, '');
  const metadataUrl = protectedResourceMetadataUrl(options.resource);
  const { provider, policy, revocations } = options;
  if (provider !== undefined) {
    const isExclusive =
      options.verifier === undefined && options.authorizationServers === undefined;
    expect(isExclusive, 'provider', 'sets verifier and authorizationServers; leave them out');
  }
  const { verifier, authorizationServers = [] } = provider ?? options;
  checkVerifier(verifier);
  clockToleranceOf(verifier);
  const { ownership, streams } = options;
  expect(streams === undefined || ownership !== undefined, 'streams', 'needs ownership');
  if (ownership !== undefined) expectMade(ownership, 'attach', 'ownership', 'ownership');
  if (revocations !== undefined) {
    expectMade(revocations, 'isRevoked', 'revocations', 'memoryRevocations');
  }
  const scopes = toCatalogue(options.scopes);
  const catalogue = toCatalogue(provider?.nameScopes?.(scopes) ?? scopes);
  if (policy !== undefined) {
    checkPolicy(policy, catalogue);
    policy.checkVerifier?.(verifier);
  }
  const initialScopes = toInitialScopes(options.initialScopes, catalogue);
  const mtls = options.mtls?.(options);
  const dpop = options.dpop?.(options, mtls);
  const allowedOrigins = toOrigins(options.allowedOrigins);
  const cors = checkCors(options.cors);
  const tokenSource = checkTokenFrom(options, allowedOrigins, cors);
  const settings: Omit<GateSettings, 'reportOnly'> = {
    ...options,
    dpop,
    mtls,
    authorizationServers: Object.freeze([...authorizationServers]),
    metadataUrl,
    verifier,
    catalogue,
    initialScopes,
    metadata: {
      ...checkMetadata(options.metadata, initialScopes, catalogue),
      ...mtls?.metadata,
      ...dpop?.metadata,
    },
    // A page of the resource itself may send its cookie.
    allowedOrigins: tokenSource?.cookie && allowedOrigins ? tokenSource.origins : allowedOrigins,
    cors,
    tokenSource,
    // The clock is checked here for all code that reads it: a promise that rejects must not end the process.
    clock: () => readClock(options.clock),
  };
  const reportOnly = startReportOnly(options.enforce, settings);
  const { initialScopes: named = options.metadata.scopesSupported } = options;
  checkSetUp(settings, named !== undefined);
  return Object.freeze({ ...settings, reportOnly });
}

/** The kind of each option, and its default. */
const OPTIONS: Parameters<typeof readOptions<GateOptions, Defaulted>>[1] = {
  resource: ['any'],
  authorizationServers: ['a list'],
  verifier: ['any'],
  dpop: ['a function'],
  mtls: ['a function'],
  provider: ['an object'],
  issuersDiffer: ['a boolean', false],
  revocations: ['an object'],
  scopes: ['an object'],
  initialScopes: ['a list'],
  policy: ['an object'],
  challengeScopes: [['revision', 'operation', 'union', 'missing'], 'revision'],
  tokenSyntax: [['b64token', 'opaque'], 'b64token'],
  tokenFrom: ['an object'],
  realm: ['a string'],
  errorUri: ['a string'],
  metadata: ['an object', {}],
  rootAlias: ['a boolean', false],
  signedMetadata: ['any'],
  allowedOrigins: ['a list'],
  cors: ['any'],
  bodyLimit: [BYTES, 1024 * 1024],
  bodyTimeout: [MILLISECONDS, 10_000],
  verifierTimeout: [MILLISECONDS, 5_000],
  ruleTimeout: [MILLISECONDS, 5_000],
  onError: ['a function'],
  onWarning: ['a function', ({ message }) => console.warn(`createGate: ${message}`)],
  onDecision: ['a function'],
  enforce: ['any'],
  ownership: ['an object'],
  streams: [['end-with-access']],
  clock: ['a function', () => Date.now()],
};

/** Checks that the value of an option has the method `method`, as the result of `maker` has. */
function expectMade(value: unknown, method: string, option: string, maker: string): void {
  const isMade = isObject(value) && typeof value[method] === 'function';
  expect(isMade, option, `expected what ${maker}() returns`);
}

function toCatalogue(scopes: GateOptions['scopes']): ScopeCatalogue {
  if (isScopeCatalogue(scopes)) return scopes;
  expect(Array.isArray(scopes), 'scopes', 'expected defineScopes({...}) or a list');
  return defineScopes(scopes as readonly string[]);
}

function toInitialScopes(
  scopes: readonly string[] | undefined,
  catalogue: ScopeCatalogue,
): readonly string[] {
  // If the catalogue has a single scope, a 401 names it by default. With several, a default could ask
  // for too much.
  if (scopes === undefined) return catalogue.names.length === 1 ? catalogue.names : [];
  expect(
    scopes.length > 0,
    'initialScopes',
    'expected at least one scope; leave the option out to name none',
  );
  return knownScopes(scopes, 'initialScopes', catalogue);
}

function checkPolicy(policy: Policy, catalogue: ScopeCatalogue): void {
  expectMade(policy, 'match', 'policy', 'mcpPolicy');
  expectMade(policy, 'readBody', 'policy', 'mcpPolicy');
  const isValid = policy.reads === 'path' || policy.reads === 'body';
  expect(isValid, 'policy.reads', "expected 'path' or 'body'");
  for (const scope of policy.scopes) expectKnown(scope, 'policy', catalogue);
}

function startReportOnly(
  enforce: Enforcement | undefined,
  settings: Omit<GateSettings, 'reportOnly'>,
): ReportOnlyMode | undefined {
  if (enforce === undefined) return undefined;
  expectMade(enforce, 'start', 'enforce', 'reportOnly');
  return enforce.start(settings);
}

function toOrigins(origins: readonly string[] | undefined): ReadonlySet<string> | undefined {
  if (origins === undefined) return undefined;
  for (const [index, origin] of origins.entries()) {
    // Browsers send exactly this form (RFC 6454 s6.2); another spelling would never match.
    const isOrigin = URL.canParse(origin) && new URL(origin).origin === origin;
    expect(isOrigin, `allowedOrigins[${index}]`, `${JSON.stringify(origin)} is not an origin`);
  }
  return new Set(origins);
}
