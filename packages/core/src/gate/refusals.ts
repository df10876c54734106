/**
 * Makes all refusals of a gate from its settings, with their challenges, headers and bodies.
 *
 * @module
 */
import {
  bearerParameters,
  jsonRpcRefusalBodies,
  refusalBody,
  writeBearer,
} from '../challenge/index.js';
import type { BearerChallengeOptions, JsonRpcId, RefusalFacts } from '../challenge/index.js';
import type { Fault, LoginRequirement, MatchedOperation } from '../policy/index.js';
import type { ProofFailure } from '../token/index.js';
import type { HeaderList } from '../types.js';
import { present } from '../values.js';
import { createRefusal } from '../decision.js';
import type { Reason, Refusal, RefusalChallenge, RefusalStatus } from '../decision.js';
import type { GateSettings } from './options.js';

/** Selects the form of a refusal's body: a JSON-RPC call gets a JSON-RPC error. */
export type Envelope = Pick<MatchedOperation, 'rpcId'>;

const PLAIN: Envelope = Object.freeze({});

/** The headers of every refusal with a body, which no cache may serve to others (RFC 9111 s3.5, s4.1). */
const COMMON: HeaderList = [
  ['Content-Type', 'application/json'],
  ['Cache-Control', 'no-store'],
  ['Vary', 'Authorization'],
];

/** The `Allow` header of a 405. It names the methods of MCP's transports: only an MCP policy answers 405. */
const ALLOW = ['Allow', 'GET, POST, DELETE'] as const;

/** A fault with one of these JSON-RPC codes has the code as its HTTP status; every other fault is a 400. */
const FAULT_STATUSES = [405, 408, 413, 415] as const;

/**
 * The description for every invalid token. It is always the same, so that callers do not learn which
 * check failed.
 */
const BAD_TOKEN = 'The access token is invalid or expired';

/**
 * A refusal for missing scopes: the plain HTTP refusal, and a function that makes its body for a
 * JSON-RPC call.
 */
interface PreparedRefusal {
  readonly plain: Refusal;
  readonly body: (id: JsonRpcId) => string;
}

const MAX_PREPARED = 256;
const MAX_PREPARED_KEY_LENGTH = 1024;

export class Refusals {
  readonly settings: GateSettings;
  readonly #prepared = new Map<string, PreparedRefusal>();
  /** Answers a preflight: 204, without data. */
  readonly preflight: Refusal;
  readonly originNotAllowed: Refusal;
  /** Answers an `Authorization` header (or that of `tokenFrom`) that is too long. */
  readonly tooLong: Refusal;
  /** Answers a request with more than one credential: 400 `invalid_request` (RFC 6750 s3.1). */
  readonly severalCredentials: Refusal;
  /** Answers a failure of the verifier. It has no challenge, because a new token would not help. */
  readonly verifierUnavailable: Refusal;
  /** Answers an unexpected error. It is prepared at set-up, so that making it cannot fail. */
  readonly internal: Refusal;
  /** Answers a request whose parts, such as its URL, cannot be read. */
  readonly unreadable: Refusal;

  constructor(settings: GateSettings) {
    this.settings = settings;
    this.preflight = createRefusal(204, 'preflight', [], '');
    this.originNotAllowed = this.#write(403, 'origin_not_allowed', {
      error: 'forbidden',
      description: 'This origin may not call this resource',
    });
    const malformed = (description: string): Refusal =>
      this.#challenge(400, 'malformed_credentials', {
        error: 'invalid_request',
        description,
        scope: [],
      });
    const { header = 'Authorization' } = settings.tokenSource ?? {};
    this.tooLong = malformed(`The ${header} header is too long`);
    this.severalCredentials = malformed('The request carries more than one credential');
    const unavailable = (reason: 'verifier_unavailable' | 'internal'): Refusal => {
      const description = 'The request cannot be checked at the moment';
      const facts = { error: 'temporarily_unavailable', description };
      return this.#write(503, reason, facts, PLAIN, [['Retry-After', '5'], ...COMMON]);
    };
    this.verifierUnavailable = unavailable('verifier_unavailable');
    this.internal = unavailable('internal');
    this.unreadable = this.#write(400, 'invalid_body', {
      error: 'invalid_request',
      description: 'The request could not be read',
    });
  }

  /** Returns the 401 for a request without credentials: its challenge has no `error` (RFC 6750 s3.1). */
  unauthorized(scope: readonly string[], envelope: Envelope = PLAIN): Refusal {
    const description = 'This resource needs an access token';
    const facts = { error: 'unauthorized', description, scope };
    return this.#challenge(401, 'no_credentials', facts, envelope);
  }

  /** Returns the 401 for an invalid token, or for the DPoP proof that came with a token. */
  invalidToken(
    scope: readonly string[],
    error: 'invalid_token' | ProofFailure['error'] = 'invalid_token',
    description: string = BAD_TOKEN,
  ): Refusal {
    return this.#challenge(401, error, { error, description, scope });
  }

  /**
   * Returns the 403 for missing scopes. It is prepared once for the same scopes and text, because only the
   * JSON-RPC id differs from call to call.
   */
  insufficientScope(
    scope: readonly string[],
    description: string,
    { rpcId }: Envelope = PLAIN,
  ): Refusal {
    const key = `${scope.join(' ')}\n${description}`;
    const { plain, body } = this.#prepared.get(key) ?? this.#prepare(key, scope, description);
    if (rpcId === undefined) return plain;
    const { status, reason, headers, challenge } = plain;
    return createRefusal(status, reason, headers, body(rpcId), challenge);
  }

  /** Returns the 401 for a valid token whose login is too old or too weak (RFC 9470 s3). */
  insufficientLogin(
    scope: readonly string[],
    login: LoginRequirement,
    description: string,
    envelope: Envelope = PLAIN,
  ): Refusal {
    const error = 'insufficient_user_authentication';
    return this.#challenge(401, error, { error, description, scope, ...login }, envelope);
  }

  /**
   * Returns the 403 for a denial that no scope can change. It has no challenge, so that clients do not ask
   * for useless consent.
   */
  denied(
    reason: 'denied' | 'rule_invalid',
    description: string,
    envelope: Envelope = PLAIN,
  ): Refusal {
    return this.#write(403, reason, { error: 'forbidden', description }, envelope);
  }

  /**
   * Returns the refusal for a body that cannot be read or parsed, or a message that the policy cannot evaluate.
   */
  fault({ fault, code, message, rpcId: id }: Fault): Refusal {
    const status = FAULT_STATUSES.find((one) => one === code) ?? 400;
    const facts = { error: 'invalid_request', description: message, scope: [] };
    const text = refusalBody(facts, this.settings.catalogue, { id, code });
    const headers = status === 405 ? [...COMMON, ALLOW] : COMMON;
    return createRefusal(status, fault, headers, text);
  }

  /** Returns the 404 for an id that is not the caller's own. The code behind `ownership` writes its body. */
  unknownId(body: string): Refusal {
    return createRefusal(404, 'unknown_id', COMMON, body);
  }

  #prepare(key: string, scope: readonly string[], description: string): PreparedRefusal {
    const facts = { error: 'insufficient_scope', description, scope };
    const prepared = {
      plain: this.#challenge(403, 'insufficient_scope', facts),
      body: jsonRpcRefusalBodies(403, facts, this.settings.catalogue),
    };
    // A long key is not stored: its text may contain a URI that the caller chose, and many such keys
    // would fill the memory.
    if (key.length <= MAX_PREPARED_KEY_LENGTH) {
      if (this.#prepared.size >= MAX_PREPARED) this.#prepared.clear();
      this.#prepared.set(key, prepared);
    }
    return prepared;
  }

  #challenge(
    status: RefusalStatus,
    reason: Reason,
    facts: RefusalFacts,
    envelope: Envelope = PLAIN,
  ): Refusal {
    const { catalogue, dpop, metadataUrl, realm, errorUri } = this.settings;
    const { error, description, scope, acrValues, maxAge } = facts;
    const scopes = scope.map((name) => catalogue.requestName(name));
    // A member that is `undefined` is left out, as an absent one is.
    const parameters = bearerParameters({
      ...(reason !== 'no_credentials' && { error, errorDescription: description, errorUri }),
      realm,
      scope: scopes,
      resourceMetadata: metadataUrl,
      acrValues,
      maxAge,
    } as BearerChallengeOptions);
    // `scope` and the description are absent from `parameters` if the challenge was too long for them.
    const challenge = present({
      error: parameters.get('error'),
      scopes: Object.freeze(parameters.has('scope') ? [...new Set(scopes)] : []),
      description: parameters.get('error_description'),
      resourceMetadata: metadataUrl,
      acrValues: acrValues && Object.freeze([...acrValues]),
      maxAge,
    }) as RefusalChallenge;
    const bearer = [['WWW-Authenticate', writeBearer(parameters)] as const, ...COMMON];
    // A 403 is about a token that was sent: `answerSender` turns its challenge into the token's scheme.
    const headers = status === 403 ? bearer : (dpop?.offer(bearer) ?? bearer);
    return this.#write(status, reason, facts, envelope, headers, challenge);
  }

  #write(
    status: RefusalStatus,
    reason: Reason,
    facts: Facts,
    { rpcId }: Envelope = PLAIN,
    headers = COMMON,
    challenge?: RefusalChallenge,
  ): Refusal {
    const call = rpcId === undefined ? undefined : { id: rpcId, code: status };
    const body = refusalBody({ scope: [], ...facts }, this.settings.catalogue, call);
    return createRefusal(status, reason, headers, body, challenge);
  }
}

/** The facts of a refusal; without `scope` the refusal names no scopes. */
type Facts = Omit<RefusalFacts, 'scope'> & Partial<Pick<RefusalFacts, 'scope'>>;
