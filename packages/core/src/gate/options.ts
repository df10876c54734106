/**
 * The options of a gate, checked and copied at construction.
 *
 * @module
 */
import type { ProtectedResourceMetadataOptions } from '../metadata/index.js';
import {
  checkResource,
  isMetadataOption,
  protectedResourceMetadataUrl,
} from '../metadata/index.js';
import type { Operation, Policy } from '../policy/index.js';
import { defineScopes, isScopeCatalogue } from '../scope/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import type { Verifier } from '../token/index.js';
import { checkCors } from './cors.js';
import type { CorsOptions, CorsSettings } from './cors.js';
import type { Reason } from './decision.js';
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
  readonly metadata?: Omit<ProtectedResourceMetadataOptions, 'resource' | 'authorizationServers'>;
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

export interface GateSettings {
  readonly resource: string;
  readonly authorizationServers: readonly string[];
  readonly metadataUrl: string;
  readonly verifier: Verifier;
  readonly provider: Provider | undefined;
  readonly catalogue: ScopeCatalogue;
  readonly initialScopes: readonly string[];
  readonly policy: Policy | undefined;
  readonly challengeScopes: ChallengeScopes;
  readonly tokenSyntax: 'b64token' | 'opaque';
  readonly realm: string | undefined;
  readonly metadata: NonNullable<GateOptions['metadata']>;
  readonly rootAlias: boolean;
  readonly signedMetadata: GateOptions['signedMetadata'];
  readonly allowedOrigins: ReadonlySet<string> | undefined;
  readonly cors: CorsSettings | undefined;
  readonly bodyLimit: number;
  readonly bodyTimeout: number;
  readonly verifierTimeout: number;
  readonly ruleTimeout: number;
  readonly onError: GateOptions['onError'];
  readonly onWarning: (warning: GateWarning) => void;
  readonly onDecision: GateOptions['onDecision'];
  readonly shadow: Shadow | undefined;
  readonly clock: () => number;
}

/** The kind of each option that needs no more than a look at its type. */
const KINDS: Readonly<Record<keyof GateOptions, 'any' | 'function' | 'boolean' | 'positive'>> = {
  resource: 'any',
  authorizationServers: 'any',
  verifier: 'function',
  provider: 'any',
  scopes: 'any',
  initialScopes: 'any',
  policy: 'any',
  challengeScopes: 'any',
  tokenSyntax: 'any',
  realm: 'any',
  metadata: 'any',
  rootAlias: 'boolean',
  signedMetadata: 'any',
  allowedOrigins: 'any',
  cors: 'any',
  bodyLimit: 'positive',
  bodyTimeout: 'positive',
  verifierTimeout: 'positive',
  ruleTimeout: 'positive',
  onError: 'function',
  onWarning: 'function',
  onDecision: 'function',
  enforce: 'any',
  clock: 'function',
};

/** Checks every option; a `TypeError` names the one that is wrong. */
export function checkGateOptions<S extends string>(given: GateOptions<S>): GateSettings {
  if (typeof given !== 'object' || given === null)
    throw new TypeError('createGate: expected options');
  const options = given as GateOptions;
  checkKinds(options);
  checkResource(options.resource, 'resource');
  const { provider } = options;
  if (provider !== undefined && (options.verifier ?? options.authorizationServers) !== undefined) {
    throw new TypeError('provider: sets verifier and authorizationServers; leave them out');
  }
  const { verifier, authorizationServers } = provider ?? options;
  if (typeof verifier !== 'function') throw new TypeError('verifier: is required, or a provider');
  const scopes = toCatalogue(options.scopes);
  const catalogue = toCatalogue(provider?.nameScopes?.(scopes) ?? scopes);
  const settings: Omit<GateSettings, 'shadow'> = {
    resource: options.resource,
    authorizationServers: list('authorizationServers', authorizationServers),
    metadataUrl: protectedResourceMetadataUrl(options.resource),
    verifier,
    provider,
    catalogue,
    initialScopes: toInitialScopes(options.initialScopes, catalogue),
    policy: toPolicy(options.policy, catalogue),
    challengeScopes: oneOf('challengeScopes', options.challengeScopes, CHALLENGE_SCOPES),
    tokenSyntax: oneOf('tokenSyntax', options.tokenSyntax, ['b64token', 'opaque'] as const),
    realm: options.realm,
    metadata: toMetadata(options.metadata),
    rootAlias: options.rootAlias ?? false,
    signedMetadata: options.signedMetadata,
    allowedOrigins: toOrigins(options.allowedOrigins),
    cors: checkCors(options.cors),
    bodyLimit: options.bodyLimit ?? 1024 * 1024,
    bodyTimeout: options.bodyTimeout ?? 10_000,
    verifierTimeout: options.verifierTimeout ?? 5_000,
    ruleTimeout: options.ruleTimeout ?? 5_000,
    onError: options.onError,
    onWarning: options.onWarning ?? (({ message }) => console.warn(`createGate: ${message}`)),
    onDecision: options.onDecision,
    clock: options.clock ?? Date.now,
  };
  return Object.freeze({ ...settings, shadow: toShadow(options.enforce, settings) });
}

const CHALLENGE_SCOPES = ['revision', 'operation', 'union', 'missing'] as const;

function checkKinds(options: GateOptions): void {
  for (const [name, value] of Object.entries(options) as [keyof GateOptions, unknown][]) {
    if (!Object.hasOwn(KINDS, name)) throw new TypeError(`${name}: unknown option`);
    const kind = KINDS[name];
    if (value === undefined || kind === 'any') continue;
    if (
      kind === 'positive'
        ? !(Number.isFinite(value) && (value as number) > 0)
        : typeof value !== kind
    ) {
      throw new TypeError(`${name}: expected a ${kind === 'positive' ? 'positive number' : kind}`);
    }
  }
}

function toCatalogue(scopes: GateOptions['scopes']): ScopeCatalogue {
  if (isScopeCatalogue(scopes)) return scopes;
  if (!Array.isArray(scopes)) throw new TypeError('scopes: expected defineScopes({...}) or a list');
  return defineScopes(scopes as readonly string[]);
}

function toInitialScopes(
  scopes: readonly string[] | undefined,
  catalogue: ScopeCatalogue,
): readonly string[] {
  // With one scope there is nothing to choose; with several, guessing would ask for too much.
  if (scopes === undefined) return catalogue.names.length === 1 ? catalogue.names : [];
  const names = list('initialScopes', scopes);
  if (names.length === 0) {
    throw new TypeError('initialScopes: the list is empty; leave the option out to name none');
  }
  for (const [index, name] of names.entries()) {
    if (!catalogue.has(name)) {
      throw new TypeError(
        `initialScopes[${index}]: ${JSON.stringify(name)} is not in the scope catalogue`,
      );
    }
  }
  return names;
}

function toPolicy(policy: Policy | undefined, catalogue: ScopeCatalogue): Policy | undefined {
  if (policy === undefined) return undefined;
  if (typeof policy?.judge !== 'function' || typeof policy.bodyNeed !== 'function') {
    throw new TypeError('policy: expected what mcpPolicy() returns');
  }
  const foreign = policy.scopes.find((scope) => !catalogue.has(scope));
  if (foreign !== undefined) {
    throw new TypeError(
      `policy: names ${JSON.stringify(foreign)}, which is not in the scope catalogue`,
    );
  }
  return policy;
}

function toShadow(
  enforce: Enforcement | undefined,
  settings: Omit<GateSettings, 'shadow'>,
): Shadow | undefined {
  if (enforce === undefined) return undefined;
  if (typeof enforce?.start !== 'function') {
    throw new TypeError('enforce: expected what reportOnly() returns');
  }
  return enforce.start(settings);
}

function toMetadata(metadata: GateOptions['metadata'] = {}): NonNullable<GateOptions['metadata']> {
  for (const name of Object.keys(metadata)) {
    if (!isMetadataOption(name) || name === 'resource' || name === 'authorizationServers') {
      throw new TypeError(`metadata.${name}: unknown option`);
    }
  }
  return { ...metadata };
}

function toOrigins(origins: readonly string[] | undefined): ReadonlySet<string> | undefined {
  if (origins === undefined) return undefined;
  for (const [index, origin] of list('allowedOrigins', origins).entries()) {
    // A browser sends exactly this form; another spelling would never match.
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new TypeError(`allowedOrigins[${index}]: ${JSON.stringify(origin)} is not an origin`);
    }
  }
  return new Set(origins);
}

function list<T>(path: string, value: readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new TypeError(`${path}: expected a list`);
  return Object.freeze([...(value as readonly T[])]);
}

/** The first of the choices is the default. */
function oneOf<const T extends string>(
  path: string,
  value: T | undefined,
  choices: readonly T[],
): T {
  if (value === undefined) return choices[0] as T;
  if (!choices.includes(value))
    throw new TypeError(`${path}: expected one of ${choices.join(', ')}`);
  return value;
}
