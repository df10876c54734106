/**
 * Every refusal a gate can give, from the gate's settings: challenge, headers and body.
 *
 * @module
 */
import {
  bearerChallenge,
  jsonRpcRefusalBodies,
  jsonRpcRefusalBody,
  refusalBody,
} from '../challenge/index.js';
import type { JsonRpcId, RefusalFacts } from '../challenge/index.js';
import type { Fault, MatchedOperation, LoginRequirement } from '../policy/index.js';
import type { HeaderList } from '../types.js';
import { createRefusal } from './decision.js';
import type { Reason, Refusal, RefusalStatus } from './decision.js';
import type { GateSettings } from './options.js';

/** Where a refusal's body takes its form from: a JSON-RPC call is answered in kind. */
export type Envelope = Pick<MatchedOperation, 'rpcId'>;

const PLAIN: Envelope = Object.freeze({});

/** Neither a challenge nor an answer may be served to another client (RFC 9111 s3.5, s4.1). */
const COMMON: HeaderList = [
  ['Content-Type', 'application/json'],
  ['Cache-Control', 'no-store'],
  ['Vary', 'Authorization'],
];

/** The one sentence for every bad token: which check failed is told to the developer, not the caller. */
const BAD_TOKEN = 'The access token is invalid or expired';

/** A refusal for missing scopes, in both forms. */
interface Worded {
  readonly plain: Refusal;
  readonly body: (id: JsonRpcId) => string;
}

const MAX_WORDED = 256;
const MAX_WORDED_LENGTH = 1024;

export class Refusals {
  readonly #settings: GateSettings;
  readonly #worded = new Map<string, Worded>();
  /** Answers a preflight: 204, without data. */
  readonly preflight: Refusal;
  readonly originNotAllowed: Refusal;
  /** An `Authorization` that nobody reads, and one that nobody can (RFC 6750 s3.1 `invalid_request`). */
  readonly tooLong: Refusal;
  readonly severalCredentials: Refusal;
  /** Nobody can tell now. No challenge: a new token would not help. */
  readonly verifierUnavailable: Refusal;
  /** What the last net answers; prepared, since nothing may go wrong there. */
  readonly internal: Refusal;

  constructor(settings: GateSettings) {
    this.#settings = settings;
    this.preflight = createRefusal(204, 'preflight', settings.cors?.preflight ?? [], '');
    this.originNotAllowed = this.#write(403, 'origin_not_allowed', PLAIN, {
      error: 'forbidden',
      description: 'This origin may not call this resource',
      scope: [],
    });
    const malformed = (description: string): Refusal =>
      this.#challenge(400, 'malformed_credentials', PLAIN, {
        error: 'invalid_request',
        description,
        scope: [],
      });
    const unavailable = (reason: 'verifier_unavailable' | 'internal'): Refusal => {
      const description = 'The request cannot be judged at the moment';
      const facts = { error: 'temporarily_unavailable', description, scope: [] };
      return this.#write(503, reason, PLAIN, facts, [['Retry-After', '5']]);
    };
    this.verifierUnavailable = unavailable('verifier_unavailable');
    this.internal = unavailable('internal');
    this.tooLong = malformed('The Authorization header is too long');
    this.severalCredentials = malformed('The request carries more than one credential');
  }

  /** No credentials: a challenge without `error` (RFC 6750 s3.1). */
  unauthorized(scope: readonly string[], envelope: Envelope = PLAIN): Refusal {
    return this.#challenge(401, 'no_credentials', envelope, {
      error: 'unauthorized',
      description: 'This resource needs an access token',
      scope,
    });
  }

  invalidToken(scope: readonly string[]): Refusal {
    return this.#challenge(401, 'invalid_token', PLAIN, {
      error: 'invalid_token',
      description: BAD_TOKEN,
      scope,
    });
  }

  /** The same scopes and text are worded once: only a JSON-RPC id differs from call to call. */
  insufficientScope(
    scope: readonly string[],
    description: string,
    { rpcId }: Envelope = PLAIN,
  ): Refusal {
    const key = `${scope.join(' ')}\n${description}`;
    const { plain, body } = this.#worded.get(key) ?? this.#word(key, scope, description);
    return rpcId === undefined
      ? plain
      : createRefusal(plain.status, plain.reason, plain.headers, body(rpcId));
  }

  /** The token holds, and the login behind it is not what is asked for (RFC 9470 s3). */
  insufficientLogin(
    scope: readonly string[],
    login: LoginRequirement,
    description: string,
    envelope: Envelope = PLAIN,
  ): Refusal {
    const error = 'insufficient_user_authentication';
    return this.#challenge(401, error, envelope, { error, description, scope, ...login });
  }

  /** A denial that no scope can cure: no challenge, or clients would ask for consent in vain. */
  denied(
    reason: 'denied' | 'rule_invalid',
    description: string,
    envelope: Envelope = PLAIN,
  ): Refusal {
    return this.#write(403, reason, envelope, { error: 'forbidden', description, scope: [] });
  }

  /** A body that cannot be judged. */
  body(
    status: 400 | 408 | 413 | 415,
    reason: Reason,
    code: number,
    description: string,
    id: JsonRpcId = null,
  ): Refusal {
    const facts = { error: 'invalid_request', description, scope: [] };
    const text = jsonRpcRefusalBody(id, code, facts, this.#settings.catalogue);
    return createRefusal(status, reason, COMMON, text);
  }

  /** What a policy found wrong with a message. */
  fault(fault: Fault): Refusal {
    if (fault.fault !== 'method_not_allowed') {
      return this.body(400, fault.fault, fault.code, fault.message, fault.rpcId);
    }
    const facts = { error: 'invalid_request', description: fault.message, scope: [] };
    const text = jsonRpcRefusalBody(null, fault.code, facts, this.#settings.catalogue);
    return createRefusal(405, fault.fault, [...COMMON, ['Allow', 'GET, POST, DELETE']], text);
  }

  #word(key: string, scope: readonly string[], description: string): Worded {
    const facts = { error: 'insufficient_scope', description, scope };
    const worded = {
      plain: this.#challenge(403, 'insufficient_scope', PLAIN, facts),
      body: jsonRpcRefusalBodies(403, facts, this.#settings.catalogue),
    };
    // A resource's URI may stand in the text, so callers could make ever new ones.
    if (key.length <= MAX_WORDED_LENGTH) {
      if (this.#worded.size >= MAX_WORDED) this.#worded.clear();
      this.#worded.set(key, worded);
    }
    return worded;
  }

  #challenge(
    status: RefusalStatus,
    reason: Reason,
    envelope: Envelope,
    facts: RefusalFacts,
  ): Refusal {
    const { catalogue, metadataUrl, realm } = this.#settings;
    const scope = facts.scope.map((name) => catalogue.requestName(name));
    const silent = reason === 'no_credentials';
    const challenge = bearerChallenge({
      ...(silent ? {} : { error: facts.error, errorDescription: facts.description }),
      ...(realm !== undefined && { realm }),
      scope,
      resourceMetadata: metadataUrl,
      ...(facts.acrValues !== undefined && { acrValues: facts.acrValues }),
      ...(facts.maxAge !== undefined && { maxAge: facts.maxAge }),
    });
    return this.#write(status, reason, envelope, facts, [['WWW-Authenticate', challenge]]);
  }

  #write(
    status: RefusalStatus,
    reason: Reason,
    envelope: Envelope,
    facts: RefusalFacts,
    headers: HeaderList = [],
  ): Refusal {
    const { catalogue } = this.#settings;
    const body =
      envelope.rpcId === undefined
        ? refusalBody(facts, catalogue)
        : jsonRpcRefusalBody(envelope.rpcId, status, facts, catalogue);
    return createRefusal(status, reason, [...headers, ...COMMON], body);
  }
}
