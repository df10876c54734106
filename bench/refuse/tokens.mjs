/** Tokens that are none, beside the signatures that a gate may verify for one: four. */
import { randomBytes } from 'node:crypto';
import { compactVerify } from 'jose';
import { TARGETS, mediansOfPairs, milliseconds, table, times, verdict } from './cpu.mjs';
import { RESOURCE, makeKey, mcpGate, request, signedBy, verifierOf } from './gates.mjs';

const SIGNATURES = 4;
/** Tokens in one sample, each another. */
const CALLS = 16;

/** Key sets of this many keys; most of them are of the curve that costs most. */
const SETS = [1, 10, 100];
const RSA_OF_TEN = 2;

export async function tokens({ rounds }) {
  const alien = { ES512: await makeKey('ES512', 'alien'), RS256: await makeKey('RS256', 'alien') };
  const rsa = await makeKey('RS256', 'rsa');
  const raw = {
    ES512: await fourSignatures(alien.ES512),
    RS256: await fourSignatures(alien.RS256),
  };
  const rows = [];
  for (const count of SETS) rows.push(...(await keySet(count, { alien, rsa, raw, rounds })));
  table(
    'bad tokens, direct calls; four verifications of the same algorithm by jose beside them; medians',
    ['', 'keys', 'CPU', 'four signatures', 'ratio', `<= ${TARGETS.signatures} x`],
    rows.map(({ name, count, cpu, four, ratio, isMet }) => [
      ...[name, String(count), milliseconds(cpu), milliseconds(four), times(ratio), verdict(isMet)],
    ]),
  );
  return rows;
}

async function keySet(count, { alien, rsa, raw, rounds }) {
  const isRsa = (index) => count > 1 && index % 10 < RSA_OF_TEN;
  const keys = await Promise.all(
    Array.from({ length: count }, async (_unused, index) => {
      const kid = `key-${index}`;
      // Keys of another id are other keys to a verifier; to make so many takes minutes.
      return isRsa(index) ? { ...rsa, jwk: { ...rsa.jwk, kid }, kid } : makeKey('ES512', kid);
    }),
  );
  const gate = mcpGate(verifierOf(keys));
  const route = gate.route('notes:read');
  const known = (alg) => keys.findLast((key) => key.alg === alg)?.kid;
  const forged = (alg, kid) =>
    Promise.all(Array.from({ length: CALLS }, () => signedBy(alien[alg], kid)));
  const algorithms = count === 1 ? ['ES512'] : ['ES512', 'RS256'];
  const lists = {};
  for (const alg of algorithms) {
    lists[`${alg}, bad signature, a known kid`] = [alg, await forged(alg, known(alg))];
    lists[`${alg}, bad signature, an unknown kid`] = [alg, await forged(alg, 'nobody')];
    lists[`${alg}, bad signature, no kid`] = [alg, await forged(alg)];
  }
  const [text] = lists['ES512, bad signature, no kid'][1];
  const [head, , signature] = text.split('.');
  Object.assign(lists, {
    'an opaque token': ['ES512', many(() => randomBytes(32).toString('base64url'))],
    '16 kB of garbage': ['ES512', many(() => randomBytes(12_288).toString('base64url'))],
    '100,000 dots': ['ES512', many(() => '.'.repeat(100_000))],
    '100 kB of claims': ['ES512', many(() => `${head}.${'QUJD'.repeat(25_000)}.${signature}`)],
    'a header of 100 kB': ['ES512', many(() => `${'QUJD'.repeat(25_000)}.e30.${signature}`)],
    'a signature of 100 kB': ['ES512', many(() => `${head}.e30.${'QUJD'.repeat(25_000)}`)],
  });
  return measured(lists, { count, route, raw, rounds });
}

function many(make) {
  return Array.from({ length: CALLS }, make);
}

/** What the gate must do for one token, and nothing else: four keys that verify nothing, in turn. */
async function fourSignatures(alien) {
  const texts = await Promise.all(many(() => signedBy(alien)));
  const keys = await Promise.all(
    Array.from({ length: SIGNATURES }, () => makeKey(alien.alg, 'other')),
  );
  let next = 0;
  return async () => {
    const token = texts[next++ % CALLS];
    for (const { publicKey } of keys) await compactVerify(token, publicKey).catch(() => undefined);
  };
}

async function measured(lists, { count, route, raw, rounds }) {
  const decide = async (token) => {
    const decision = await route.decide(
      request('GET', new URL(RESOURCE).pathname, { authorization: `Bearer ${token}` }),
    );
    if (decision.allowed) throw new Error('a bad token was let in');
  };
  const pairs = Object.values(lists).map(([alg, list]) => {
    let next = 0;
    return [() => decide(list[next++ % CALLS]), raw[alg]];
  });
  const found = await mediansOfPairs(pairs, rounds);
  return Object.keys(lists).map((name, index) => {
    const [cpu, four] = found[index];
    const ratio = cpu / four;
    const isMet = ratio <= TARGETS.signatures && cpu <= TARGETS.cpu;
    const seen = `${milliseconds(cpu)} ms, ${times(ratio)} four signatures`;
    const what = `token: ${name}, ${count} ${count === 1 ? 'key' : 'keys'}`;
    return { what, name, count, cpu, four, ratio, isMet, seen };
  });
}
