/**
 * The contract between a gate and the checks that the sender of a request holds the key or certificate of
 * its token. The checks are values that `dpop()` and `mtls()` make, so that a gate without them carries
 * none of their code.
 *
 * @module
 */
import type { ProtectedResourceMetadataOptions } from '../metadata/index.js';
import type { GateRequest, HeaderList } from '../types.js';
import type { Clock } from './clock.js';
import type { Confirmation, ProvenKeys } from './confirmation.js';
import type { RefusalDetail } from './token-problem.js';
import type { SenderAnswers } from './types.js';
import type { VerifyOutcome } from './verify.js';

/** The facts of a gate that its checks need. */
export interface SenderGate {
  readonly resource: string;
  readonly clock: Clock;
  /** The option `tokenFrom` of the gate: tokens of a header or cookie, which have no authentication scheme. */
  readonly tokenFrom?: unknown;
}

/** A request whose token may be bound to a key or certificate. */
export interface SenderCall {
  readonly request: GateRequest;
  readonly token: string;
  /** Verifies the token. A token whose `cnf` the sender does not confirm is invalid. */
  verify(sender: Confirmation): VerifyOutcome | Promise<VerifyOutcome>;
}

/** The refusal of a DPoP proof, whether or not the token is valid (RFC 9449 s7.1). */
export interface ProofFailure {
  readonly ok: false;
  readonly reason: 'proof';
  readonly error: 'invalid_dpop_proof' | 'use_dpop_nonce';
  readonly description: string;
  /** For the event of the decision. */
  readonly detail: RefusalDetail;
}

export interface SenderResult {
  readonly outcome: VerifyOutcome | ProofFailure;
  /** What the check changes in the answers to this request; `undefined` for nothing. */
  readonly answers: SenderAnswers | undefined;
}

/** Checks that the sender of a request holds the key or certificate of its token. */
export interface SenderCheck {
  /** Verifies the token and checks its sender. If the promise rejects, the answer is a 503. */
  check(call: SenderCall): Promise<SenderResult>;
}

/** The check of DPoP proofs. */
export interface DpopCheck extends SenderCheck {
  /** Whether only tokens that are bound to a key are accepted. */
  readonly required: boolean;
  /** The members of the metadata document (RFC 9728 s2) that the check sets. */
  readonly metadata: Partial<ProtectedResourceMetadataOptions>;
  /** Changes the Bearer challenge in the headers of a refusal: it offers DPoP, too, or DPoP alone. */
  offer(headers: HeaderList): HeaderList;
}

/** The check of client certificates. */
export interface MtlsCheck extends SenderCheck {
  /** Whether only tokens that are bound to a certificate are accepted. */
  readonly required: boolean;
  readonly metadata: DpopCheck['metadata'];
  keysOf(request: GateRequest): ProvenKeys | Promise<ProvenKeys>;
}

/** What `mtls()` of `@scopegate/core/mtls` returns, for the option `mtls` of a gate. */
export type Mtls = (gate: SenderGate) => MtlsCheck;

/**
 * What `dpop()` of `@scopegate/core/dpop` returns, for the option `dpop` of a gate. With `mtls`, a token that is
 * bound to a key and a certificate needs both.
 */
export type Dpop = (gate: SenderGate, mtls: MtlsCheck | undefined) => DpopCheck;
