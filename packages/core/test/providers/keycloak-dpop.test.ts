/** Keycloak names tokens that are bound to a key by another `typ` in their claims. */
import { expect, test } from 'vitest';
import { authenticated, createGate } from '../../src/index.js';
import { keycloak } from '../../src/providers/index.js';
import { dpop, memoryReplayStore } from '../../src/token/dpop/index.js';
import { createKey, proofOf } from '../support/dpop.js';
import type { ProofKey } from '../support/dpop.js';
import { FIXTURES, NOW, RESOURCE, fetchFor, tokenOf } from '../support/provider-fixtures.js';

const ISSUER = 'https://sso.example.com/realms/notes';
const clock = (): number => NOW * 1000;
const key = createKey();
const cnf = { jkt: key.jkt };

async function statusOf(claims: object, proven?: ProofKey, checksBinding = true): Promise<number> {
  const gate = createGate({
    ...{ resource: RESOURCE, scopes: ['x'], clock },
    provider: keycloak({
      ...{ url: 'https://sso.example.com', realm: 'notes' },
      ...{ clock, fetch: fetchFor(ISSUER) },
    }),
    ...(checksBinding && { dpop: dpop({ replay: memoryReplayStore({ clock }) }) }),
  });
  const user = FIXTURES.find(({ name }) => name === 'Keycloak')?.claims;
  const token = await tokenOf({ claims: { ...user, ...claims } });
  const headers = new Headers({ authorization: `${proven ? 'DPoP' : 'Bearer'} ${token}` });
  if (proven) headers.set('dpop', proofOf(proven, token, { claims: { iat: NOW } }));
  const decision = await gate.check(
    new Request(RESOURCE, { method: 'POST', headers }),
    authenticated(),
  );
  return decision.allowed ? 200 : decision.status;
}

test('a bound token with its proof is accepted, whichever `typ` it has [T67]', async () => {
  expect(await statusOf({ typ: 'DPoP', cnf }, key)).toBe(200);
  expect(await statusOf({ typ: 'Bearer', cnf }, key)).toBe(200);
});

test.each<readonly [what: string, claims: object, proven: ProofKey | undefined]>([
  ['without a proof', { typ: 'DPoP', cnf }, undefined],
  ['with the proof of another key', { typ: 'DPoP', cnf }, createKey()],
  ['that is bound to nothing', { typ: 'DPoP' }, undefined],
  ['that is bound to nothing, with a proof', { typ: 'DPoP' }, key],
  ['that is bound to a certificate', { typ: 'DPoP', cnf: { 'x5t#S256': 'x' } }, key],
  ['whose thumbprint is no string', { typ: 'DPoP', cnf: { jkt: 7 } }, key],
  ['of another spelling', { typ: 'dpop', cnf }, key],
  ['of another kind', { typ: 'ID', cnf }, key],
])('a token %s is refused [T66, T67]', async (_what, claims, proven) => {
  expect(await statusOf(claims, proven)).toBe(401);
});

test('a gate that checks no proofs accepts none of them [T67]', async () => {
  expect(await statusOf({ typ: 'DPoP', cnf }, undefined, false)).toBe(401);
});
