/**
 * How the resource server proves who it is when it asks (RFC 7662 s2.1, RFC 6749 s2.3, RFC 7523 s2.2).
 *
 * @module
 */
import { SignJWT } from 'jose';
import type { CryptoKey, JWK, KeyObject } from 'jose';

export type ClientAuthentication =
  | { readonly method: 'client_secret_basic' | 'client_secret_post'; readonly secret: string }
  | {
      readonly method: 'private_key_jwt';
      /** A private key; a JWK as well. */
      readonly key: CryptoKey | KeyObject | JWK;
      /** An asymmetric algorithm of JWS that fits the key, such as `ES256`. */
      readonly alg: string;
      readonly kid?: string;
      /** `aud` of the assertion. @default the issuer, or the endpoint where no issuer is set */
      readonly audience?: string;
    };

/** What a request carries to authenticate the client. */
export interface ClientCredentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Makes a request's credentials; `audience` is whom they are for unless the options say so. */
export type Authenticate = (audience: string) => Promise<ClientCredentials>;

/**
 * Checks and copies the options of client authentication.
 *
 * @throws {@link TypeError} naming the option under `path`, never its value
 */
export function clientAuthenticator(
  clientId: string,
  authentication: ClientAuthentication,
  path: string,
): Authenticate {
  const { method } = authentication ?? {};
  const known = MEMBERS.get(method);
  if (known === undefined) {
    throw new TypeError(`${path}.method: expected one of ${[...MEMBERS.keys()].join(', ')}`);
  }
  for (const name of Object.keys(authentication)) {
    if (!known.has(name)) throw new TypeError(`${path}.${name}: unknown option`);
  }
  if (authentication.method === 'private_key_jwt') {
    return assertion(clientId, checkKey(authentication, path));
  }
  const { secret } = authentication;
  if (typeof secret !== 'string' || secret === '') {
    throw new TypeError(`${path}.secret: expected a non-empty string`);
  }
  return authentication.method === 'client_secret_basic'
    ? basic(clientId, secret)
    : post(clientId, secret);
}

const MEMBERS: ReadonlyMap<unknown, ReadonlySet<string>> = new Map([
  ['client_secret_basic', new Set(['method', 'secret'])],
  ['client_secret_post', new Set(['method', 'secret'])],
  ['private_key_jwt', new Set(['method', 'key', 'alg', 'kid', 'audience'])],
]);

type KeyAuthentication = Extract<ClientAuthentication, { readonly method: 'private_key_jwt' }>;

const ASYMMETRIC = /^(?:(?:ES|PS|RS)(?:256|384|512)|EdDSA|Ed25519)$/;

function checkKey(authentication: KeyAuthentication, path: string): KeyAuthentication {
  const { key, alg, kid, audience } = authentication;
  // A shared secret would make this client_secret_jwt, and let its holder sign as this client.
  if (!ASYMMETRIC.test(alg)) throw new TypeError(`${path}.alg: expected ES256, RS256 or the like`);
  if (typeof key !== 'object' || key === null || key instanceof Uint8Array) {
    throw new TypeError(`${path}.key: expected a CryptoKey, a KeyObject or a JWK`);
  }
  const isJwk = 'kty' in key;
  if (isJwk ? typeof key.d !== 'string' : 'type' in key && key.type !== 'private') {
    throw new TypeError(`${path}.key: expected a private key`);
  }
  for (const [name, value] of Object.entries({ kid, audience })) {
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      throw new TypeError(`${path}.${name}: expected a non-empty string`);
    }
  }
  return { ...authentication, key: isJwk ? { ...key } : key };
}

function basic(clientId: string, secret: string): Authenticate {
  // RFC 6749 s2.3.1: both are form-encoded first, so that neither brings a colon of its own.
  const authorization = `Basic ${btoa(`${formEncode(clientId)}:${formEncode(secret)}`)}`;
  return async () => ({ headers: { authorization }, parameters: {} });
}

function post(clientId: string, secret: string): Authenticate {
  return async () => ({
    headers: {},
    parameters: { client_id: clientId, client_secret: secret },
  });
}

/** Seconds that an assertion is good for: longer than a request, shorter than a replay is worth. */
const LIFETIME = 60;

function assertion(clientId: string, options: KeyAuthentication): Authenticate {
  const { key, alg, kid } = options;
  const header = { alg, ...(kid !== undefined && { kid }) };
  return async (audience) => {
    // The authorization server compares it with its own clock, so the real time is right here.
    const now = Math.floor(Date.now() / 1000);
    const jwt = new SignJWT()
      .setProtectedHeader(header)
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(options.audience ?? audience)
      .setJti(crypto.randomUUID())
      .setIssuedAt(now)
      .setExpirationTime(now + LIFETIME);
    const parameters = {
      client_id: clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await sign(jwt, key),
    };
    return { headers: {}, parameters };
  };
}

async function sign(jwt: SignJWT, key: KeyAuthentication['key']): Promise<string> {
  try {
    return await jwt.sign(key);
  } catch (cause) {
    // Not as jose's own error: its code would be taken for a word about the caller's token.
    throw new Error('clientAuthentication.key: cannot sign with this key and alg', { cause });
  }
}

/** `application/x-www-form-urlencoded`, of one value. */
function formEncode(value: string): string {
  return new URLSearchParams({ '': value }).toString().slice(1);
}
