/**
 * Checks DPoP proofs at a protected resource (RFC 9449 s4.3, s7).
 *
 * @module
 */
import type { GateRequest, HeaderList } from '../../types.js';
import { within } from '../../wait.js';
import { CLOCK_TOLERANCE, confirmationBy, readClock, sha256 } from '../index.js';
import type {
  DpopCheck,
  MtlsCheck,
  ProofFailure,
  ProvenKeys,
  ReplayStore,
  SenderAnswers,
  SenderCall,
  SenderGate,
  SenderResult,
  VerifyFailure,
} from '../index.js';
import { ownMember } from '../../values.js';
import { createNonces } from './nonces.js';
import type { Nonces } from './nonces.js';
import type { DpopSettings } from './options.js';
import { WINDOW, describeFault, readProof } from './proof.js';
import type { Proof, ProofFault } from './proof.js';
import { ProofKeys, idOf } from './proof-keys.js';
import { normalUrl, urlsFor } from './proof-url.js';
import { DpopAnswers, offerDpop } from './challenges.js';

/** Milliseconds within which the replay store must answer. */
const STORE_TIMEOUT = 250;

export class ProofCheck implements DpopCheck {
  readonly required: boolean;
  readonly algorithms: readonly string[];
  readonly metadata: DpopCheck['metadata'];
  readonly #settings: DpopSettings;
  readonly #gate: SenderGate;
  readonly #mtls: MtlsCheck | undefined;
  readonly #resource: URL;
  readonly #nonces: Nonces | undefined;
  readonly #keys = new ProofKeys();

  constructor(settings: DpopSettings, gate: SenderGate, mtls: MtlsCheck | undefined) {
    this.required = settings.required;
    this.algorithms = settings.algorithms;
    this.metadata = {
      dpopSigningAlgValuesSupported: settings.algorithms,
      dpopBoundAccessTokensRequired: settings.required,
    };
    this.#settings = settings;
    this.#gate = gate;
    this.#mtls = mtls;
    this.#resource = new URL(gate.resource);
    this.#nonces = settings.nonce && createNonces(gate.resource, settings.nonce);
  }

  offer(headers: HeaderList): HeaderList {
    return offerDpop(headers, this);
  }

  /**
   * The checks run in the order of their costs: the text of the proof, its nonce, the access token (which the
   * verifier may have cached), the binding of the token, the signature, and last the replay store, so that
   * the store keeps no proof that failed another check.
   */
  async check(call: SenderCall): Promise<SenderResult> {
    const now = readClock(this.#gate.clock) / 1000;
    const nonce = await this.#nonces?.issue(now);
    const refused = new DpopAnswers(this, nonce, false);
    const fail = (outcome: ProofFailure | VerifyFailure): SenderResult => ({
      outcome,
      answers: refused,
    });
    const proof = await this.#readProof(call, now);
    if (typeof proof === 'string') return fail(invalid(proof));
    const age = (await this.#nonces?.check(ownMember(proof.claims, 'nonce'), now)) ?? 'fresh';
    if (age === 'unusable') return fail(NONCE_REQUIRED);
    const jkt = await this.#keys.thumbprintOf(proof);
    const keys = new SenderKeys(jkt, await this.#mtls?.keysOf(call.request));
    const outcome = await call.verify(confirmationBy(keys));
    if (!outcome.ok) return fail(outcome);
    if (!(await this.#keys.isSigned(proof, jkt))) return fail(invalid('signature'));
    const failure = await this.#remember(proof, jkt, call.request);
    if (failure !== undefined) return fail(failure);
    const answers: SenderAnswers = new DpopAnswers(this, nonce, age === 'aging');
    return { outcome, answers };
  }

  /** Reads the proof and compares `ath` with the token. */
  async #readProof({ request, token }: SenderCall, now: number): Promise<Proof | ProofFault> {
    const { algorithms } = this;
    const proof = readProof(request.headers.get('dpop'), {
      algorithms,
      method: request.method,
      urls: () => this.#urlsOf(request),
      now,
    });
    if (typeof proof === 'string') return proof;
    return ownMember(proof.claims, 'ath') === (await sha256(token)) ? proof : 'ath';
  }

  #urlsOf(request: GateRequest): readonly (string | undefined)[] {
    const { url } = this.#settings;
    if (url === undefined) return urlsFor(this.#resource, request.url);
    const answer: unknown = url(request);
    if (typeof answer === 'string') return [normalUrl(answer)];
    // A promise is no URL. Its rejection must not end the process.
    Promise.resolve(answer).catch(() => undefined);
    return [];
  }

  /**
   * Stores the proof. The request passes if the store answers `stored`, or if the proof was accepted for
   * this same request before: guards may be nested, and a framework may call a guard twice.
   */
  async #remember(
    { jti, iat }: Proof,
    jkt: string,
    { source }: GateRequest,
  ): Promise<ProofFailure | VerifyFailure | undefined> {
    const { replay } = this.#settings;
    // Another instance, whose clock may be behind by the tolerance, accepts the proof for that much longer.
    const expiresAt = Math.ceil(iat + WINDOW + CLOCK_TOLERANCE.max);
    const id = await idOf(jkt, jti);
    if (source !== undefined && ACCEPTED.get(source)?.get(replay) === id) return undefined;
    try {
      const answer: unknown = await within(STORE_TIMEOUT, 'the replay store', () =>
        replay.insert(id, { expiresAt, owner: jkt }),
      );
      if (answer === 'stored') {
        if (source !== undefined) keepAccepted(source, replay, id);
        return undefined;
      }
      if (answer === 'seen') return invalid('jti');
      const isFull = answer === 'full';
      return unavailable(
        new Error(
          isFull ? 'the replay store is full' : 'the replay store gave no answer it may give',
        ),
      );
    } catch (error) {
      return unavailable(error);
    }
  }
}

/** The id of the proof that was accepted last for a request, by the store that keeps it. */
const ACCEPTED = new WeakMap<object, Map<ReplayStore, string>>();

function keepAccepted(source: object, replay: ReplayStore, id: string): void {
  const known = ACCEPTED.get(source);
  if (known === undefined) ACCEPTED.set(source, new Map([[replay, id]]));
  else known.set(replay, id);
}

/** What the sender of a DPoP proof holds: the key that the token must name, and its certificate if known. */
class SenderKeys implements ProvenKeys {
  readonly required: readonly string[];
  readonly #jkt: string;
  readonly #others: ProvenKeys | undefined;

  constructor(jkt: string, others: ProvenKeys | undefined) {
    this.required = ['jkt', ...(others?.required ?? [])];
    this.#jkt = jkt;
    this.#others = others;
  }

  valueOf(member: string): string | undefined {
    return member === 'jkt' ? this.#jkt : this.#others?.valueOf(member);
  }
}

const NONCE_REQUIRED: ProofFailure = Object.freeze({
  ok: false,
  reason: 'proof',
  error: 'use_dpop_nonce',
  description: 'The DPoP proof needs the nonce of this server',
  detail: Object.freeze({ detail: 'nonce' }),
});

function invalid(fault: ProofFault): ProofFailure {
  return {
    ...{ ok: false, reason: 'proof', error: 'invalid_dpop_proof' },
    description: describeFault(fault),
    detail: Object.freeze({ detail: 'proof', expected: Object.freeze([fault]) }),
  };
}

function unavailable(error: unknown): VerifyFailure {
  return { ok: false, reason: 'unavailable', error };
}
