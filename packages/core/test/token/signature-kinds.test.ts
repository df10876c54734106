/**
 * What must not pass as one kind of signature or another. See signatures.test.ts.
 */
import { constants, createHash, privateEncrypt } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ALGORITHMS, pss, rsa, signed, subjectOf } from '../support/signing.js';

describe.each(ALGORITHMS.filter(({ order }) => order !== undefined))('$alg', (algorithm) => {
  const { input, good, accepts, withSignature, refusesAll } = subjectOf(algorithm);
  const { alg, order } = algorithm;

  test('ECDSA: numbers out of range, DER, and the twin [JW-4, T70]', async () => {
    const n = order ?? 0n;
    const size = good.length / 2;
    const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
    const [r, s] = [number(good.subarray(0, size)), number(good.subarray(size))];
    const bytes = (value: bigint): Buffer =>
      Buffer.from(
        value
          .toString(16)
          .padStart(2 * size, '0')
          .slice(-2 * size),
        'hex',
      );
    const pair = (one: bigint, two: bigint): Buffer => Buffer.concat([bytes(one), bytes(two)]);
    const max = (1n << BigInt(8 * size)) - 1n;
    await refusesAll(
      [
        ...[pair(0n, 0n), pair(r, 0n), pair(0n, s), pair(1n, 1n), pair(s, r), pair(n, n)],
        ...[pair(r, n), pair(n, s), pair(max, max), pair(r, max), pair(n - r, s)],
        ...[pair((r + n) & max, s), pair(r, (s + n) & max), pair(n - 1n, n - 1n), pair(1n, 0n)],
        signed(algorithm, input, { dsaEncoding: 'der' }),
      ].map(withSignature),
    );
    // RFC 7518 s3.4 has no rule of the lower half: (r, n-s) is as good a signature as (r, s). Who
    // revokes tokens tells them by their claims, not by their text.
    expect(await accepts(withSignature(pair(r, n - s)))).toBe(true);
  });

  test('ECDSA: a key of another curve [JW-4, T60]', async () => {
    for (const other of ALGORITHMS.filter((one) => one.order !== undefined && one.alg !== alg)) {
      const own = signed({ ...other, hash: algorithm.hash }, input);
      await refusesAll([withSignature(own), withSignature(signed(other, input))]);
    }
  });
});

describe.each(ALGORITHMS.filter(({ alg }) => alg.startsWith('PS')))('$alg', (algorithm) => {
  const { input, withSignature, refusesAll } = subjectOf(algorithm);

  test('RSA-PSS: other salts, other hashes, the other padding [JW-4, T60]', async () => {
    const others = [0, 1, 20, 31, 33, 64, 222 - 64].filter(
      (one) => one !== algorithm.options?.saltLength,
    );
    await refusesAll([
      ...others.map((salt) => withSignature(signed(algorithm, input, pss(salt)))),
      ...['sha1', 'sha224', 'sha256', 'sha384', 'sha512']
        .filter((hash) => hash !== algorithm.hash)
        .map((hash) => withSignature(signed({ ...algorithm, hash }, input, pss(32)))),
      withSignature(signed({ hash: algorithm.hash, keys: rsa }, input)),
    ]);
  });
});

describe.each(ALGORITHMS.filter(({ alg }) => alg.startsWith('RS')))('$alg', (algorithm) => {
  const { input, good, accepts, withSignature, refusesAll } = subjectOf(algorithm);

  test('RSA: padding that is not exactly PKCS #1 [JW-4]', async () => {
    const hash = algorithm.hash ?? '';
    const digest = createHash(hash).update(input).digest();
    const size = 256;
    const prefix = {
      sha256: '3031300d060960864801650304020105000420',
      sha384: '3041300d060960864801650304020205000430',
      sha512: '3051300d060960864801650304020305000440',
    }[hash];
    const info = Buffer.concat([Buffer.from(prefix ?? '', 'hex'), digest]);
    const encrypt = (message: Buffer): Buffer =>
      privateEncrypt({ key: rsa.privateKey, padding: constants.RSA_NO_PADDING }, message);
    const padded = (
      type: number,
      fill: number,
      tail: Buffer,
      length = size - 3 - tail.length,
    ): Buffer =>
      Buffer.concat([
        ...[Buffer.from([0, type]), Buffer.alloc(length, fill), Buffer.from([0]), tail],
        Buffer.alloc(size - 3 - length - tail.length),
      ]);
    // The construction is right, so that what differs is what counts.
    expect(await accepts(withSignature(encrypt(padded(1, 0xff, info))))).toBe(true);
    const withoutNull = Buffer.from(info);
    const wrong = [
      ...[padded(2, 0xff, info), padded(0, 0, info), padded(1, 0xfe, info), padded(1, 0, info)],
      // Garbage behind a short padding (Bleichenbacher 2006).
      ...[padded(1, 0xff, info, 8), padded(1, 0xff, info, 64), padded(1, 0xff, info, 0)],
      ...[padded(1, 0xff, digest), padded(1, 0xff, Buffer.concat([info, Buffer.alloc(1)]))],
      padded(1, 0xff, Buffer.concat([info.subarray(0, 13), withoutNull.subarray(15)])),
    ];
    const bigger = Buffer.from(
      (BigInt(`0x${good.toString('hex')}`) + modulus()).toString(16).padStart(2 * size + 2, '0'),
      'hex',
    );
    await refusesAll([
      ...wrong.map((message) => withSignature(encrypt(message))),
      ...['sha1', 'sha256', 'sha384', 'sha512', 'md5']
        .filter((one) => one !== hash)
        .map((one) => withSignature(signed({ keys: rsa, hash: one }, input))),
      ...[20, 32, 48, 64].map((salt) =>
        withSignature(signed({ keys: rsa, hash }, input, pss(salt))),
      ),
      withSignature(bigger),
    ]);
  });
});

function modulus(): bigint {
  const { n = '' } = rsa.publicKey.export({ format: 'jwk' });
  return BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`);
}
