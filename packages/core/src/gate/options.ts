/**
 * The options of a gate, checked and copied at construction.
 *
 * @module
 */
import { protectedResourceMetadataUrl } from '../metadata/index.js';
import { BYTES, MILLISECONDS, expect, readOptions } from '../options.js';
import type { Read } from '../options.js';
import type { Operation, Policy } from '../policy/index.js';
import { defineScopes, expectKnown, isScopeCatalogue, knownScopes } from '../scope/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import { clockToleranceOf } from '../token/index.js';
import type { Verifier } from '../token/index.js';
import { checkCors } from './cors.js';
import type { CorsOptions, CorsSettings } from './cors.js';
import type { Reason } from './decision.js';
import { checkMetadata } from './metadata-options.js';
import type { GateMetadataOptions } from './metadata-options.js';
import type { Provider } from './provider.js';
import type { GateWarning } from './watch-metadata.js';
import type { DecisionEvent } from './events.js';
import type { Enforcement, Shadow } from './shadow.js';

/** Which scopes a 403 names. */
export type ChallengeScopes =
  /** MCP: what the client's protocol revision asks for; plain HTTP: the operation's. */
  | 'revision'
  /** All that the operation needs. */
  | 'operation'
  /** That, and what the token already has. */
  | 'union'
  /** Only what is missing: for clients known to add it to what they hold. */
  | 'missing';

/** What {@link GateOptions.onError} is told besides the error. */
export interface ErrorContext {
  readonly reason: Reason | 'metadata';
  readonly operation?: Operation;
}

export interface GateOptions<S extends string = string> {
  /**
   * The resource identifier, verbatim: metadata, challenges and the expected audience all come from
   * it, never from a request.
   */
  readonly resource: string;
  /** Issuers that clients get tokens from, the one to use first. MCP needs at least one. */
  readonly authorizationServers?: readonly string[];
  /** Judges tokens. Required, unless a provider brings one. */
  readonly verifier?: Verifier;
  /** Sets `verifier`, `authorizationServers` and the request names of scopes together. */
  readonly provider?: Provider;
  /** The scope catalogue, or a plain list of names. */
  readonly scopes: ScopeCatalogue<S> | readonly S[];
  /**
   * What a first login should ask for.
   *
   * @default the only scope of the catalogue, else none is named
   */
  readonly initialScopes?: readonly NoInfer<S>[];
  /** Decides per operation; without it every route needs a rule of its own. */
  readonly policy?: Policy<NoInfer<S>>;
  /** @default 'revision' */
  readonly challengeScopes?: ChallengeScopes;
  /**
   * `opaque` admits API keys: any visible ASCII but the comma.
   *
   * @default 'b64token'
   */
  readonly tokenSyntax?: 'b64token' | 'opaque';
  readonly realm?: string;
  /** Further members of the metadata document. */
  readonly metadata?: GateMetadataOptions<NoInfer<S>>;
  /** Serve the metadata at the origin's root too: only where the origin has one resource. */
  readonly rootAlias?: boolean;
  /** A signed form of the metadata (RFC 9728 s2.2); a function is called once and its answer kept. */
  readonly signedMetadata?: string | (() => Promise<string>);
  /**
   * Origins that browsers may call from. A present `Origin` that is not listed is refused.
   *
   * @default any, as far as {@link GateOptions.cors} and the browser let it
   */
  readonly allowedOrigins?: readonly string[];
  /** Answer CORS preflights and add the headers that browsers' clients need. @default false */
  readonly cors?: boolean | CorsOptions;
  /** Bytes. @default 1048576 */
  readonly bodyLimit?: number;
  /** Milliseconds until a body must be complete. @default 10000 */
  readonly bodyTimeout?: number;
  /** Milliseconds until the verifier, or what signs metadata, must have answered. @default 5000 */
  readonly verifierTimeout?: number;
  /** Milliseconds until a computed rule must have answered. @default 5000 */
  readonly ruleTimeout?: number;
  /** Told what made an answer 503, or a rule invalid. What it does or throws changes nothing. */
  readonly onError?: (error: unknown, context: ErrorContext) => void;
  /**
   * Told, once, of what is not as it should be around the gate: that clients are sent to metadata
   * which nobody asks for. A throw changes nothing.
   *
   * @default writes to `console.warn`
   */
  readonly onWarning?: (warning: GateWarning) => void;
  /**
   * Told every decision, once per request: for logs, metrics, audit. What it does, throws or returns
   * changes nothing; the request waits while it runs, so hand work on.
   */
  readonly onDecision?: (event: DecisionEvent) => void;
  /**
   * Lets named operations run without their scopes until a date, and reports them: what `reportOnly()`
   * returns.
   *
   * @default everything is enforced
   */
  readonly enforce?: Enforcement;
  /** Milliseconds since the epoch. @default Date.now */
  readonly clock?: () => number;
}

/** Options that have a default. */
type Defaulted =
  | 'challengeScopes'
  | 'tokenSyntax'
  | 'metadata'
  | 'rootAlias'
  | 'bodyLimit'
  | 'bodyTimeout'
  | 'verifierTimeout'
  | 'ruleTimeout'
  | 'onWarning'
  | 'clock';

/** Options that stay as they are. */
type Kept =
  | 'resource'
  | 'provider'
  | 'policy'
  | 'realm'
  | 'signedMetadata'
  | 'onError'
  | 'onDecision';

export interface GateSettings extends Pick<Read<GateOptions, Defaulted>, Defaulted | Kept> {
  readonly authorizationServers: readonly string[];
  readonly metadataUrl: string;
  readonly verifier: Verifier;
  readonly catalogue: ScopeCatalogue;
  readonly initialScopes: readonly string[];
  readonly allowedOrigins: ReadonlySet<string> | undefined;
  readonly cors: CorsSettings | undefined;
  readonly shadow: Shadow | undefined;
}

/** Checks every option; a `TypeError` names the one that is wrong. */
export function checkGateOptions<S extends string>(given: GateOptions<S>): GateSettings {
  const options = readOptions<GateOptions, Defaulted>(given, OPTIONS, '');
  const metadataUrl = protectedResourceMetadataUrl(options.resource);
  const { provider, policy } = options;
  if (provider !== undefined) {
    const isAlone = options.verifier === undefined && options.authorizationServers === undefined;
    expect(isAlone, 'provider', 'sets verifier and authorizationServers; leave them out');
  }
  const { verifier, authorizationServers = [] } = provider ?? options;
  expect(typeof verifier === 'function', 'verifier', 'is required, or a provider');
  clockToleranceOf(verifier);
  const scopes = toCatalogue(options.scopes);
  const catalogue = toCatalogue(provider?.nameScopes?.(scopes) ?? scopes);
  if (policy !== undefined) checkPolicy(policy, catalogue);
  const initialScopes = toInitialScopes(options.initialScopes, catalogue);
  const settings: Omit<GateSettings, 'shadow'> = {
    ...options,
    authorizationServers: Object.freeze([...authorizationServers]),
    metadataUrl,
    verifier,
    catalogue,
    initialScopes,
    metadata: checkMetadata(options.metadata, initialScopes, catalogue),
    allowedOrigins: toOrigins(options.allowedOrigins),
    cors: checkCors(options.cors),
  };
  return Object.freeze({ ...settings, shadow: toShadow(options.enforce, settings) });
}

/** What each option must be, and what it is otherwise. */
const OPTIONS: Parameters<typeof readOptions<GateOptions, Defaulted>>[1] = {
  resource: ['any'],
  authorizationServers: ['a list'],
  verifier: ['a function'],
  provider: ['an object'],
  scopes: ['an object'],
  initialScopes: ['a list'],
  policy: ['an object'],
  challengeScopes: [['revision', 'operation', 'union', 'missing'], 'revision'],
  tokenSyntax: [['b64token', 'opaque'], 'b64token'],
  realm: ['a string'],
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
  clock: ['a function', () => Date.now()],
};

function toCatalogue(scopes: GateOptions['scopes']): ScopeCatalogue {
  if (isScopeCatalogue(scopes)) return scopes;
  expect(Array.isArray(scopes), 'scopes', 'expected defineScopes({...}) or a list');
  return defineScopes(scopes as readonly string[]);
}

function toInitialScopes(
  scopes: readonly string[] | undefined,
  catalogue: ScopeCatalogue,
): readonly string[] {
  // With one scope there is nothing to choose; with several, guessing would ask for too much.
  if (scopes === undefined) return catalogue.names.length === 1 ? catalogue.names : [];
  expect(
    scopes.length > 0,
    'initialScopes',
    'expected at least one scope; leave the option out to name none',
  );
  return knownScopes(scopes, 'initialScopes', catalogue);
}

function checkPolicy(policy: Policy, catalogue: ScopeCatalogue): void {
  const isPolicy = typeof policy.match === 'function' && typeof policy.bodyNeed === 'function';
  expect(isPolicy, 'policy', 'expected what mcpPolicy() returns');
  const isTold = policy.reads === 'path' || policy.reads === 'body';
  expect(isTold, 'policy.reads', "expected 'path' or 'body'");
  for (const scope of policy.scopes) expectKnown(scope, 'policy', catalogue);
}

function toShadow(
  enforce: Enforcement | undefined,
  settings: Omit<GateSettings, 'shadow'>,
): Shadow | undefined {
  if (enforce === undefined) return undefined;
  const isMade = typeof enforce?.start === 'function';
  expect(isMade, 'enforce', 'expected what reportOnly() returns');
  return enforce.start(settings);
}

function toOrigins(origins: readonly string[] | undefined): ReadonlySet<string> | undefined {
  if (origins === undefined) return undefined;
  for (const [index, origin] of origins.entries()) {
    // A browser sends exactly this form; another spelling would never match.
    const isOrigin = URL.canParse(origin) && new URL(origin).origin === origin;
    expect(isOrigin, `allowedOrigins[${index}]`, `${JSON.stringify(origin)} is not an origin`);
  }
  return new Set(origins);
}
