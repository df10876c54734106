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

/** Returns what the gate recorded about an `auth` that it made; `undefined` for any other value. */
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
 * What a gate asks about each request. The body of a refusal is passed to the gate as a text, so that bundles
 * without ownership do not contain it.
 */
export interface OwnershipCheck {
  /**
   * Checks the ids in the headers, and returns what `decide` returns. `decide` is called with `undefined` if
   * every id is the caller's own, else with the body of the refusal.
   */
  checkHeaders<T>(
    request: GateRequest,
    owner: Owner,
    decide: (refusal: string | undefined) => MaybePromise<T>,
  ): MaybePromise<T>;
  /**
   * Checks the ids in a message, and returns what `decide` returns. `decide` is called with the operation if
   * every id is the caller's own, else with the body of the refusal. For a task, the operation has the rule of
   * the operation that began the task.
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
   * Calls `end` when the token has expired or may be revoked, and again at intervals until it returns `true`.
   * Returns a function that stops these calls.
   */
  watch(auth: Auth, end: () => boolean): () => void;
  /**
   * Destroys Node's response when the access ends. It is for frameworks whose handlers return a `Response`, but
   * may also write to Node's response directly. The body of a returned `Response` ends shortly before.
   */
  watchOutgoing(auth: Auth, outgoing: OutgoingAnswer): void;
  /** Returns the response with a body that ends when the access ends. A body of known length is not changed. */
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

/** Mints and opens the ids of one gate. With `node:crypto`, `mint` and `open` return no promise. */
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
  /** Seconds after which the sealed value no longer opens. */
  readonly maxAge: number;
  /** Identifies the request that the value belongs to. */
  readonly origin: string;
}
