/**
 * Creates the `Auth` that handlers receive, and recognises those that a gate created.
 *
 * @module
 */
import { evaluate } from '../policy/index.js';
import type { Actor, Auth, MatchedOperation, Rule } from '../policy/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import type { GateRequest } from '../types.js';
import { freeze, isObject } from '../values.js';
import type { Claims, SenderAnswers, TokenFacts } from './types.js';
import type { ActorKind } from './verifier.js';

/** The facts that every `auth` of one gate has in common. Each gate has its own object, which identifies it. */
export interface AuthGate {
  readonly resource: string;
  readonly resourceMetadataUrl: string;
  readonly catalogue: ScopeCatalogue;
}

/**
 * Creates a frozen `Auth`. `token`, `resource` and `has` are not own members, so that copies and logs
 * lack them. Every request gets a new object, even if the token was verified before, so that requests
 * share nothing that can change.
 */
export function createAuth(
  issuer: AuthGate,
  token: string,
  facts: TokenFacts,
  clockTolerance: number,
  answers?: SenderAnswers,
): Auth {
  return new GateAuth(issuer, token, facts, clockTolerance, answers);
}

/** The facts that a gate stores with an `auth` that it created. Only {@link authRecordOf} returns them. */
export interface AuthRecord {
  readonly granted: ReadonlySet<string>;
  /** The clock tolerance of the token's verifier in seconds; rules about the time of login use it, too. */
  readonly clockTolerance: number;
  /** What the check of the sender adds to the answers of the request; `undefined` for none. */
  readonly answers: SenderAnswers | undefined;
  /**
   * The request that was authorized last. It is stored here because a `WeakMap` by `auth` costs more
   * than the rest of a decision.
   */
  authorized: AuthorizedRequest | undefined;
}

/** The request that was authorized last with an `auth`, and the operation that it matched. */
export interface AuthorizedRequest {
  readonly matched: MatchedOperation;
  readonly request: GateRequest;
}

/** Returns the record of an `auth` that was created for this gate, else `undefined`. */
export function authRecordOf(issuer: AuthGate, auth: unknown): AuthRecord | undefined {
  return GateAuth.authRecordOf(issuer, auth);
}

/**
 * The class of every `auth`. Private members prove which gate created it: other code can neither create an
 * `auth` of that gate nor change its scopes.
 */
class GateAuth implements Auth {
  declare readonly clientId: string;
  declare readonly scopes: string[];
  declare readonly expiresAt?: number;
  declare readonly resourceMetadataUrl: string;
  declare readonly extra: Record<string, unknown>;
  declare readonly subject?: string;
  declare readonly issuer?: string;
  declare readonly kind: ActorKind | undefined;
  declare readonly claims: Claims;
  declare readonly bindingKey: string | undefined;
  declare readonly actors: readonly Actor[];
  readonly #issuer: AuthGate;
  readonly #token: string;
  readonly #issue: AuthRecord;
  #resource: URL | undefined;

  constructor(
    issuer: AuthGate,
    token: string,
    facts: TokenFacts,
    clockTolerance: number,
    answers: SenderAnswers | undefined,
  ) {
    // Handlers get a frozen copy, so that they cannot change claims that the verifier may return again.
    const claims = facts.frozen ? facts.claims : freeze(copy(facts.claims));
    this.#issuer = issuer;
    this.#token = token;
    this.#issue = { granted: facts.scopes, clockTolerance, answers, authorized: undefined };
    this.clientId = facts.clientId;
    this.scopes = facts.scopeList as string[];
    // Optional members are own members even if they are `undefined`, so that a polluted prototype cannot say who
    // acts, for whom and how long.
    this.expiresAt = facts.expiresAt as number;
    this.resourceMetadataUrl = issuer.resourceMetadataUrl;
    this.extra = claims;
    this.subject = facts.subject as string;
    this.issuer = facts.issuer as string;
    this.claims = claims;
    this.kind = facts.kind;
    this.bindingKey = facts.bindingKey;
    // A token whose actors are malformed was refused before.
    this.actors = facts.actors as readonly Actor[];
    Object.freeze(this);
  }

  static authRecordOf(issuer: AuthGate, auth: unknown): AuthRecord | undefined {
    return isObject(auth) && #issuer in auth && auth.#issuer === issuer ? auth.#issue : undefined;
  }

  /**
   * The resource as a URL. Each `auth` has its own URL object, because such an object is mutable, and
   * creates it when it is first read.
   */
  get resource(): URL {
    return (this.#resource ??= new URL(this.#issuer.resource));
  }

  get token(): string {
    return this.#token;
  }

  has(rule: Rule): boolean {
    return evaluate(rule, this.#issue.granted, this.#issuer.catalogue).satisfied;
  }
}

/**
 * Copies claims.
 *
 * @throws {@link TypeError} naming the claim that is no data, such as an object with own methods
 */
function copy(claims: Claims): Claims {
  try {
    return structuredClone(claims);
  } catch {
    const name = Object.keys(claims).find((key) => !isData(claims[key]));
    throw new TypeError(`the verifier must return data without functions: ${name}`);
  }
}

function isData(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
