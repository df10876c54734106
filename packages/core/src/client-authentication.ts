/**
 * Authenticates this server as a client of the authorization server (RFC 6749 s2.3, RFC 7523 s2.2).
 *
 * @module
 */
import { importJWK } from 'jose';
import type { CryptoKey, JWK, KeyObject } from 'jose';
import { ClientSecretPost, PrivateKeyJwt, modifyAssertion } from 'oauth4webapi';
import type { ClientAuth } from 'oauth4webapi';
import { expect, unknownOption } from './options.js';
import { registerSecret } from './secrets.js';

export type ClientAuthentication =
  | { readonly method: 'client_secret_basic' | 'client_secret_post'; readonly secret: string }
  | {
      readonly method: 'private_key_jwt';
      /** The private key that signs the assertion. */
      readonly key: CryptoKey | KeyObject | JWK;
      /** An asymmetric algorithm of JWS that fits the key, such as `ES256`. */
      readonly alg: string;
      readonly kid?: string;
      /** The `aud` of the assertion. @default the issuer, or the endpoint where no issuer is set */
      readonly audience?: string;
    };

/**
 * Checks and copies the options of client authentication. The function that it returns adds the
 * credentials to the headers or the body of a request.
 *
 * @throws {@link TypeError} naming the option under `path`, never its value
 */
export function clientAuthenticator(
  authentication: ClientAuthentication,
  path: string,
): ClientAuth {
  const { method } = authentication ?? {};
  const known = MEMBERS.get(method);
  const methods = [...MEMBERS.keys()].join(', ');
  expect(known !== undefined, `${path}.method`, `expected one of ${methods}`);
  for (const name of Object.keys(authentication)) {
    expect(known.has(name), `${path}.${name}`, unknownOption(name, [...known]));
  }
  if (authentication.method === 'private_key_jwt') return assertion(checkKey(authentication, path));
  const { secret } = authentication;
  expect(isText(secret), `${path}.secret`, 'expected a non-empty string');
  registerSecret(secret);
  return authentication.method === 'client_secret_basic' ? basic(secret) : ClientSecretPost(secret);
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
  // A shared secret would make this `client_secret_jwt`, which is not supported.
  expect(ASYMMETRIC.test(alg), `${path}.alg`, 'expected ES256, RS256 or the like');
  const isKey = typeof key === 'object' && key !== null && !(key instanceof Uint8Array);
  expect(isKey, `${path}.key`, 'expected a CryptoKey, a KeyObject or a JWK');
  const isJwk = 'kty' in key;
  const isPrivate = isJwk ? typeof key.d === 'string' : !('type' in key) || key.type === 'private';
  expect(isPrivate, `${path}.key`, 'expected a private key');
  for (const [name, value] of Object.entries({ kid, audience })) {
    const isValid = value === undefined || isText(value);
    expect(isValid, `${path}.${name}`, 'expected a non-empty string');
  }
  return { ...authentication, key: isJwk ? { ...key } : key };
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/**
 * Adds the client id and the secret to the headers. Both are form-encoded, so that neither adds a colon
 * (RFC 6749 s2.3.1). The library's own function also escapes `-`, `_`, `.` and `*`: servers that compare
 * the pair without decoding it would refuse it.
 */
function basic(secret: string): ClientAuth {
  return (_server, { client_id: clientId }, _body, headers) => {
    headers.set('authorization', `Basic ${btoa(`${formEncode(clientId)}:${formEncode(secret)}`)}`);
  };
}

/** Encodes one value as `application/x-www-form-urlencoded`. */
function formEncode(value: string): string {
  return new URLSearchParams({ '': value }).toString().slice(1);
}

/** Adds a signed assertion to the body, a new one for each request. The key is imported for the first one. */
function assertion(options: KeyAuthentication): ClientAuth {
  let signer: Promise<ClientAuth> | undefined;
  return async (server, client, body, headers) => {
    try {
      signer ??= createSigner(options);
      const sign = await signer;
      await sign(server, client, body, headers);
    } catch (cause) {
      // The codes of jose and oauth4webapi must not reach the gate, which would read them as a statement
      // about the caller's token.
      throw new Error('clientAuthentication.key: cannot sign with this key and alg', { cause });
    }
  };
}

async function createSigner(options: KeyAuthentication): Promise<ClientAuth> {
  const { alg, kid, audience } = options;
  const key = { key: await importKey(options), ...(kid !== undefined && { kid }) };
  return PrivateKeyJwt(key, {
    [modifyAssertion]: (header, payload) => {
      // The library takes the algorithm from the key, so it may differ from the option `alg`.
      if (header['alg'] !== (alg === 'EdDSA' ? 'Ed25519' : alg)) throw new TypeError('another alg');
      header['alg'] = alg;
      if (audience !== undefined) payload['aud'] = audience;
      // RFC 7523 s3: `nbf` is optional, and a server whose clock is behind would refuse the assertion.
      delete payload['nbf'];
    },
  });
}

async function importKey({ key, alg }: KeyAuthentication): Promise<CryptoKey> {
  const jwk = 'kty' in key ? key : jwkOf(key);
  if (jwk === undefined) return key as CryptoKey;
  const { use = 'sig', alg: keyAlg = alg } = jwk;
  if (use !== 'sig' || keyAlg !== alg) throw new TypeError('the JWK is for another use');
  return (await importJWK(jwk, alg)) as CryptoKey;
}

/** Returns the JWK of Node's `KeyObject`; `undefined` for a `CryptoKey`, which has no function `export`. */
function jwkOf(key: object): JWK | undefined {
  return (key as Partial<ExportableKey>).export?.({ format: 'jwk' });
}

interface ExportableKey {
  export(options: { readonly format: 'jwk' }): JWK;
}
