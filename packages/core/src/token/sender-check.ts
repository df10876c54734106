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
  /** The option `tokenFrom`, whose tokens come without a scheme. */
  readonly tokenFrom?: unknown;
}

/** A request whose token may be bound. */
export interface SenderCall {
  readonly request: GateRequest;
  readonly token: string;
  /** Verifies the token. One that is bound to anything that is not proven is invalid. */
  verify(sender: Confirmation): VerifyOutcome | Promise<VerifyOutcome>;
}

/** The refusal of a proof, whatever its token is worth (RFC 9449 s7.1). */
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
  /** What the check adds to every answer; `undefined` for none. */
  readonly answers: SenderAnswers | undefined;
}

/** Checks that the sender of a request holds the key or certificate of its token. If it rejects, the answer is a 503. */
export interface SenderCheck {
  check(call: SenderCall): Promise<SenderResult>;
}

/** The check of DPoP proofs. */
export interface DpopCheck extends SenderCheck {
  /** Whether no other tokens are accepted. */
  readonly required: boolean;
  /** The members of the metadata document (RFC 9728 s2) that the check keeps. */
  readonly metadata: Partial<ProtectedResourceMetadataOptions>;
  /** Changes the headers of a refusal with a Bearer challenge: they offer DPoP, too, or DPoP alone. */
  offer(headers: HeaderList): HeaderList;
}

/** The check of client certificates. */
export interface MtlsCheck extends SenderCheck {
  /** Whether no token without a certificate is accepted. */
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
