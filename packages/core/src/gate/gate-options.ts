/**
 * The options of a gate, as applications write them.
 *
 * @module
 */
import type { Reason } from '../decision.js';
import type { DecisionEvent, Enforcement, GateWarning } from '../observe/index.js';
import type { Operation, Policy } from '../policy/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import type { Dpop, Mtls, Ownership, Revocations, Verifier } from '../token/index.js';
import type { CorsOptions } from './cors.js';
import type { GateMetadataOptions, MetadataClaims } from './metadata-options.js';
import type { TokenFrom } from './token-from.js';
import type { Provider } from './types.js';

/** Selects the scopes that a 403 names. */
export type ChallengeScopes =
  /**
   * For MCP as the client's protocol revision asks: `union` up to 2025-11-25, `operation` from
   * 2026-07-28; for plain HTTP `operation`.
   */
  | 'revision'
  /** All scopes that the operation needs. */
  | 'operation'
  /** All scopes that the operation needs, and those scopes of the catalogue that the token has. */
  | 'union'
  /** Only the missing scopes: for clients that are known to add them to the scopes of their token. */
  | 'missing';

/** The second argument of {@link GateOptions.onError}. */
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
  /** The issuers from which clients get tokens, in the order of preference. MCP needs at least one. */
  readonly authorizationServers?: readonly string[];
  /** Verifies tokens. Required without `provider`. */
  readonly verifier?: Verifier;
  /**
   * Accepts tokens that are bound to a key (RFC 9449): the result of `dpop()` of `@scopegate/core/dpop`.
   *
   * @default tokens that are bound to a key are refused
   */
  readonly dpop?: Dpop;
  /**
   * Accepts tokens that are bound to a client certificate (RFC 8705): the result of `mtls()` of
   * `@scopegate/core/mtls`.
   *
   * @default tokens that are bound to a certificate are refused
   */
  readonly mtls?: Mtls;
  /** Sets `verifier`, `authorizationServers` and the request names of scopes together. */
  readonly provider?: Provider;
  /**
   * Whether clients get tokens from other issuers than the verifier accepts, because an authorization server
   * stands in front of another. Unless it is `true`, the gate compares `authorizationServers` with the issuers
   * of the verifier: if they share none, it warns, or throws if two are only spelt differently.
   *
   * @default false
   */
  readonly issuersDiffer?: boolean;
  /**
   * The tokens that are refused before they expire: `memoryRevocations()` of `@scopegate/core/revocations`, or
   * `redisRevocations(client)` of `@scopegate/redis` for several instances. It is asked on each use of a token
   * that the verifier accepted. While it cannot tell, every request with such a token is answered with 503.
   *
   * @default tokens are valid until they expire
   */
  readonly revocations?: Revocations;
  /** The scope catalogue, or a plain list of names. */
  readonly scopes: ScopeCatalogue<S> | readonly S[];
  /**
   * The scopes that a client should ask for at its first login.
   *
   * @default the only scope of the catalogue, else none is named
   */
  readonly initialScopes?: readonly NoInfer<S>[];
  /** Gives each operation its rule; without it every route needs a rule of its own. */
  readonly policy?: Policy<NoInfer<S>>;
  /** The scopes that a 403 names. @default 'revision' */
  readonly challengeScopes?: ChallengeScopes;
  /**
   * The characters that a token may have. `opaque` also accepts API keys: all visible ASCII characters
   * except the comma.
   *
   * @default 'b64token'
   */
  readonly tokenSyntax?: 'b64token' | 'opaque';
  /**
   * The header or cookie that has the token, such as `{ header: 'Cf-Access-Jwt-Assertion' }`.
   *
   * @default the `Authorization` header
   */
  readonly tokenFrom?: TokenFrom;
  readonly realm?: string;
  /**
   * The absolute URL of a page for developers that explains errors. Challenges with an error name it as
   * `error_uri` (RFC 6750 s3).
   */
  readonly errorUri?: string;
  /** Further members of the metadata document. */
  readonly metadata?: GateMetadataOptions<NoInfer<S>>;
  /** Serve the metadata at the root of the origin, too. Use it only if the origin has a single resource. */
  readonly rootAlias?: boolean;
  /**
   * The metadata as a signed JWT (RFC 9728 s2.2), or a function that signs the claims it gets: the members
   * of the document, with the resource as `iss`. The first result is kept. If the function fails, the document
   * is served without a signature, and the next request for it calls the function again.
   */
  readonly signedMetadata?: string | ((claims: MetadataClaims) => string | Promise<string>);
  /**
   * Origins that browsers may call from. A request with an `Origin` that is not listed is refused with 403.
   *
   * With a cookie as {@link GateOptions.tokenFrom}, the origin of `resource` is allowed, too.
   *
   * @default any, as far as {@link GateOptions.cors} and the browser let it
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * Answer CORS preflights and add the headers that browsers' clients need. Routes that are registered by
   * method get no preflights: there `resourceMetadata` answers them, at and below the path of `resource`.
   *
   * @default false
   */
  readonly cors?: boolean | CorsOptions;
  /**
   * Maximum size in bytes of a request body that the policy reads. A body that a framework has parsed before is
   * not measured.
   *
   * @default 1048576
   */
  readonly bodyLimit?: number;
  /** Milliseconds within which a body that the policy reads must arrive. @default 10000 */
  readonly bodyTimeout?: number;
  /** Milliseconds within which the verifier, or the function `signedMetadata`, must answer. @default 5000 */
  readonly verifierTimeout?: number;
  /** Milliseconds within which the functions and conditions of a rule together must answer. @default 5000 */
  readonly ruleTimeout?: number;
  /**
   * Called with the error behind a 503, with that of a function or condition in a rule (403), and if
   * `signedMetadata` fails. Neither its result nor its error changes a decision. The error is passed on as it
   * is: that of one of your own functions may hold secrets.
   *
   * @default writes one line for each cause and minute, at most 20 a minute, to `console.error`, without
   * tokens, cookies and configured secrets
   */
  readonly onError?: (error: unknown, context: ErrorContext) => void;
  /**
   * Called once for each mistake in the set-up that keeps callers out, when the gate is made or when a request
   * shows it. The message names the option and the change. What it throws changes nothing.
   *
   * @default writes to `console.warn`
   */
  readonly onWarning?: (warning: GateWarning) => void;
  /**
   * Called with the decision of each check of a request, and again if the request is refused after it was let
   * through: for logs, metrics, audit. CORS preflights have no event. What the function does, throws or returns
   * changes nothing. The request waits until it returns, so it should only queue its work.
   */
  readonly onDecision?: (event: DecisionEvent) => void;
  /**
   * The result of `reportOnly()`: it lets the named operations run without their scopes until a date,
   * and reports them.
   *
   * @default everything is enforced
   */
  readonly enforce?: Enforcement;
  /**
   * The result of `ownership()`: sessions, tasks and streams open only for the caller who began them.
   *
   * @default an id alone opens them, unless the server checks whose it is
   */
  readonly ownership?: Ownership;
  /**
   * With `end-with-access`, an answer that still streams (server-sent events, downloads) ends within a second
   * after the token of its caller has expired, with the clock tolerance, or was revoked. The client comes back
   * and meets a 401. Behind `gate.fetch`, a response with `Content-Length` is sent to its end. The option needs
   * `ownership`.
   *
   * @default an answer that has begun goes on until it is complete
   */
  readonly streams?: 'end-with-access';
  /** Returns the time in milliseconds since the epoch. @default Date.now */
  readonly clock?: () => number;
}
