/**
 * What a gate asks the option `ownership`, as types: the gate does not depend on the code behind them.
 *
 * @module
 */
import type { Auth, MatchedOperation, Operation, Policy } from '../policy/index.js';
import type { GateRequest } from '../types.js';
import type { Clock } from './clock.js';
import type { Revocations } from './stores.js';
import type { Verifier } from './verifier.js';

/** The value for the option `ownership` of a gate, made by `ownership()`. */
export interface Ownership {
  /** @internal */
  readonly attach: (gate: object, facts: OwnershipFacts, auths: OwnershipAuths) => OwnershipCheck;
}

/** The settings of a gate that ownership uses. */
export interface OwnershipFacts {
  readonly resource: string;
  readonly clock: Clock;
  readonly policy: Policy | undefined;
  /** Whether answers that still stream end when access ends. */
  readonly streams: 'end-with-access' | undefined;
  readonly revocations?: Revocations | undefined;
  readonly verifier: Verifier;
}

/** The records of every `auth` that the gate made. */
export interface OwnershipAuths {
  authRecordOf(auth: unknown): OwnershipAuthRecord | undefined;
}

/** What ownership reads of the record of an `auth`. */
export interface OwnershipAuthRecord {
  readonly authorized: { readonly matched: MatchedOperation } | undefined;
  /** In seconds. */
  readonly clockTolerance: number;
}

type MaybePromise<T> = T | Promise<T>;

/** The owner that a token names; `undefined` for a token without a subject, which owns nothing. */
export type Owner = string | undefined;

/**
 * What a gate asks about each request. The body of a refusal is returned as a text, so that bundles without
 * ownership do not contain it.
 */
export interface OwnershipCheck {
  /**
   * Checks the ids in the headers, and returns what `decide` returns. It is called with the body of the refusal
   * unless every id is the caller's own.
   */
  checkHeaders<T>(
    request: GateRequest,
    owner: Owner,
    decide: (refusal: string | undefined) => MaybePromise<T>,
  ): MaybePromise<T>;
  /**
   * Checks the ids in a message, and returns what `decide` returns. It is called with the body of the refusal
   * unless every id is the caller's own; otherwise with the operation, for a task with the rule of the
   * operation that began it.
   */
  checkOperation<T>(
    message: OwnedMessage,
    owner: Owner,
    decide: (checked: string | MatchedOperation) => MaybePromise<T>,
  ): MaybePromise<T>;
  /** Mints and opens ids; the proxy uses it for ids of an upstream. */
  readonly ids: OwnedIdMint;
  /** The body of the answer to an id that is not the caller's. */
  readonly unknownId: string;
  /** Ends answers that still stream; absent without the option `streams`. */
  readonly streamEnds: StreamEnds | undefined;
}

/** Ends answers that still stream when the access of their caller ends. */
export interface StreamEnds {
  /**
   * Calls `end` once the token has expired or was revoked, and again until it returns `true`. Returns a function
   * that stops this.
   */
  watch(auth: Auth, end: () => boolean): () => void;
  /**
   * Ends then what a handler writes to Node's response by itself, in a framework that takes a `Response`. One that
   * the framework writes ends with its body, shortly before.
   */
  watchOutgoing(auth: Auth, outgoing: OutgoingAnswer): void;
  /** Returns the response with a body that ends then. */
  limit(auth: Auth, response: Response): Response;
}

/** The part of Node's response with which an answer is ended. */
export interface OutgoingAnswer {
  readonly destroyed: boolean;
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  destroy(): unknown;
  once(event: 'close', listener: () => void): unknown;
}

/** A message of a client, and the operation that the policy found in it. */
export interface OwnedMessage {
  readonly matched: MatchedOperation;
  readonly body: unknown;
  readonly request: GateRequest;
}

/** What an id contains besides its owner. */
export interface IdContent {
  readonly kind: string;
  /** The operation that began what the id names. */
  readonly operation?: OriginOperation | undefined;
  /** The id of another server or store that this id stands for. */
  readonly inner?: string | undefined;
}

/** The method and name of an operation, such as `{ method: 'tools/call', name: 'export_notes' }`. */
export type OriginOperation = Pick<Operation, 'method' | 'name'>;

/** What an id that was opened contained. */
export interface OpenedId {
  readonly operation: OriginOperation | undefined;
  readonly inner: string | undefined;
}

/** Mints and opens the ids of one gate. No promise where the platform has a synchronous HMAC. */
export interface OwnedIdMint {
  mint(owner: string, content: IdContent): MaybePromise<string>;
  open(id: string, kind: string, owner: Owner): MaybePromise<OpenedId | undefined>;
  seal(owner: string, state: SealedState): Promise<string>;
  unseal(
    text: string,
    owner: Owner,
    state: Omit<SealedState, 'value' | 'maxAge'>,
  ): Promise<unknown>;
}

/** A value to seal, and the facts under its seal. */
export interface SealedState {
  readonly value: unknown;
  readonly kind: string;
  /** Seconds until the sealed value is unknown. */
  readonly maxAge: number;
  /** Identifies the request that the value belongs to. */
  readonly origin: string;
}
