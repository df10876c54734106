/**
 * Tokens that a protected resource must or should refuse, each with the reason.
 *
 * @module
 */
import type { Attack, AttackParts } from './adversarial/attack.js';
import { CLAIM_ATTACKS } from './adversarial/claims.js';
import { FORGERIES } from './adversarial/forgeries.js';
import { OPAQUE_FORGERIES } from './adversarial/opaque.js';
import { createKey } from './keys.js';
import { claimsOf, encodeJson, signCompact } from './mint.js';
import type { MintOptions } from './mint.js';
import { readUnverified } from './read-unverified.js';
import { keysOf } from './test-issuer.js';
import type { TestIssuer } from './test-issuer.js';

export interface AdversarialToken {
  /** Unique in the list. */
  readonly name: string;
  readonly token: string;
  /** Why it must be refused, with the section of the specification. */
  readonly why: string;
  /** Requirements and threats, as this library's own tests name them. */
  readonly ids: readonly string[];
  /** `should` if the specifications leave it open and this library refuses. */
  readonly severity: 'must' | 'should';
}

export type AdversarialTokensOptions =
  | {
      /** The issuer that the resource trusts. Tokens that it signs for other uses are in the list, too. */
      readonly issuer: TestIssuer;
      /** The good token that all others are made of. */
      readonly mint?: MintOptions;
    }
  | {
      /** A good token of any issuer. The list has the tokens that can be made of it without the issuer's key. */
      readonly token: string;
    };

/**
 * Makes tokens that a resource must or should refuse ({@link AdversarialToken.severity}): about seventy with an
 * issuer, thirty from a JWT, or six from an opaque token. None of them is good.
 *
 * Leave out `typ JWT` and `no typ` if a provider makes such tokens and the verifier is configured so.
 *
 * @example
 * ```ts
 * test.each(await adversarialTokens({ issuer }))('$name is refused: $why', async ({ token }) => {
 *   const response = await app(new Request(url, { headers: { authorization: `Bearer ${token}` } }));
 *   expect(response.status).toBe(401);
 * });
 * ```
 * @throws {@link TypeError} for an issuer that `createTestIssuer` or `listenTestIssuer` did not make
 * @group Testing
 */
export async function adversarialTokens(
  options: AdversarialTokensOptions,
): Promise<readonly AdversarialToken[]> {
  return 'issuer' in options ? ofIssuer(options.issuer, options.mint) : ofToken(options.token);
}

async function ofIssuer(issuer: TestIssuer, mint: MintOptions = {}): Promise<AdversarialToken[]> {
  const key = await keysOf(issuer).current();
  const good = await issuer.mintToken(mint);
  const claims = claimsOf(issuer, mint);
  const header = { alg: key.publicJwk.alg, typ: 'at+jwt', kid: key.kid, ...mint.header };
  const foreign = await createKey(String(header.alg), 'foreign-key');
  const signBytes = (payload: Uint8Array, change: object = {}): Promise<string> =>
    signCompact(present({ ...header, ...change }), payload, key.privateKey);
  const parts = {
    claims,
    now: Math.floor(issuer.clock() / 1000),
    signBytes,
    sign: (change: object, headerChange?: object) =>
      signBytes(encodeJson({ ...claims, ...change }), headerChange),
  };
  const misused = CLAIM_ATTACKS.map(async (attack) => describe(attack, await attack.make(parts)));
  const forged = forgeries({ good, header, claims, publicKey: key, foreign });
  return [...(await Promise.all(misused)), ...(await forged)];
}

async function ofToken(good: string): Promise<AdversarialToken[]> {
  const read = readUnverified(good);
  const { header, claims } = read ?? { header: {}, claims: {} };
  const alg =
    typeof header['alg'] === 'string' && !header['alg'].startsWith('HS') ? header['alg'] : 'ES256';
  const foreign = await createKey(alg, 'foreign-key');
  if (read !== undefined) return forgeries({ good, header, claims, foreign });
  return OPAQUE_FORGERIES.map(({ name, make }) => madeUp(name, make(good))).filter(
    ({ token }) => token !== '' && token !== good,
  );
}

function madeUp(name: string, token: string): AdversarialToken {
  const why = 'the issuer never handed it out (RFC 7662 s2.2)';
  return Object.freeze({ name, token, why, ids: ['AH-8', 'IN-1'], severity: 'must' });
}

function forgeries(parts: AttackParts): Promise<AdversarialToken[]> {
  return Promise.all(FORGERIES.map(async (attack) => describe(attack, await attack.make(parts))));
}

function describe(attack: Omit<Attack, 'make'>, token: string): AdversarialToken {
  const { name, why, ids, severity = 'must' } = attack;
  return Object.freeze({ name, token, why, ids, severity });
}

function present(members: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
