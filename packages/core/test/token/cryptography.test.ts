/** Hashes and MACs: with the cryptography of Node, and with that of the Web where Node's is not there. */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';

type Digest = typeof import('../../src/token/digest.js');
type Macs = typeof import('../../src/token/mac.js');

async function load(withNode: boolean): Promise<Digest & Macs> {
  vi.resetModules();
  if (!withNode) vi.stubGlobal('process', { ...process, getBuiltinModule: undefined });
  const [digest, mac] = [
    await import('../../src/token/digest.js'),
    await import('../../src/token/mac.js'),
  ];
  return { ...digest, ...mac };
}
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.resetModules();
});

describe.each([true, false])('with the cryptography of Node: %s', (withNode) => {
  test('the hash of a text in UTF-8, and of bytes', async () => {
    const { sha256, isHashedAtOnce } = await load(withNode);
    const bytes = randomBytes(70);
    for (const data of ['', 'a', 'größe €', bytes, new Uint8Array()]) {
      const hash = sha256(data);
      expect(typeof hash === 'string').toBe(withNode);
      expect(await hash).toBe(createHash('sha256').update(data).digest('base64url'));
    }
    expect(isHashedAtOnce()).toBe(withNode);
  });

  test('the MAC of a text, and whether one is it', async () => {
    const { createMac } = await load(withNode);
    const key = randomBytes(32);
    const [mac, another] = [createMac(key), createMac(randomBytes(32))];
    const text = 'größe €';
    const signed = mac.sign(text);
    expect(typeof signed === 'string').toBe(withNode);
    const expected = createHmac('sha256', key).update(text).digest('base64url');
    expect(await signed).toBe(expected);
    const isIt = mac.verify(text, expected);
    expect(typeof isIt === 'boolean').toBe(withNode);
    expect(await isIt).toBe(true);
    expect(await mac.verify(`${text}.`, expected)).toBe(false);
    expect(await mac.verify(text, await another.sign(text))).toBe(false);
  });

  test('a key that is changed afterwards changes nothing', async () => {
    const { createMac } = await load(withNode);
    const key = new Uint8Array(32).fill(7);
    const mac = createMac(key);
    key.fill(0);
    expect(await mac.verify('a', await createMac(new Uint8Array(32).fill(7)).sign('a'))).toBe(true);
  });
});

test('where the platform does not say what it has, the Web is asked', async () => {
  vi.spyOn(process, 'getBuiltinModule').mockImplementation(() => {
    throw new Error('not here');
  });
  const { sha256, isHashedAtOnce } = await load(true);
  expect(isHashedAtOnce()).toBe(false);
  expect(await sha256('a')).toBe(createHash('sha256').update('a').digest('base64url'));
});
