/**
 * Signatures and serializations that must not pass, for every algorithm: the classes of cases of
 * Wycheproof's JSON Web Signature vectors, made here by hand. The vectors themselves sign texts that
 * are no JWT, so that a JWT verifier refuses the valid ones too.
 */
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  ALGORITHMS,
  CLAIMS,
  ISSUER,
  base64url,
  ec,
  inputOf,
  signed,
  subjectOf,
} from '../support/signing.js';

describe.each(ALGORITHMS)('$alg', (algorithm) => {
  const { alg } = algorithm;
  const { input, good, accepts, lax, withSignature, refusesAll } = subjectOf(algorithm);

  test('what another library signed is accepted [JW-4]', async () => {
    expect(await accepts(withSignature(good))).toBe(true);
    expect(await lax(withSignature(good))).toBe(true);
  });

  test('a signature that was altered, cut, filled up or left out [JW-4, T60]', async () => {
    const flipped = Array.from({ length: good.length }, (_, index) => {
      const copy = Buffer.from(good);
      copy[index] = (copy[index] ?? 0) ^ 1;
      return copy;
    }).filter((_, index) => index % 7 === 0);
    await refusesAll(
      [
        ...flipped,
        ...[good.subarray(1), good.subarray(0, -1), good.subarray(0, good.length / 2)],
        ...[Buffer.concat([Buffer.alloc(1), good]), Buffer.concat([good, Buffer.alloc(1)])],
        ...[Buffer.alloc(good.length), Buffer.alloc(good.length, 255), Buffer.alloc(0)],
        ...[Buffer.alloc(1), Buffer.concat([good, good])],
      ].map(withSignature),
    );
  });

  test('header or payload altered under the same signature [JW-4]', async () => {
    const text = base64url(good);
    await refusesAll([
      `${inputOf(alg, {}, { ...CLAIMS, sub: 'eve' })}.${text}`,
      `${inputOf(alg, { x: 1 })}.${text}`,
      `${inputOf(alg, { kid: undefined })}.${text}`,
      ...ALGORITHMS.filter((one) => one.alg !== alg).map((one) => `${inputOf(one.alg)}.${text}`),
    ]);
  });

  test("another key's signature, offered in the header [JW-7, T61]", async () => {
    const type = algorithm.keys.publicKey.asymmetricKeyType;
    const foreign =
      type === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : type === 'ec'
          ? ec(`P-${alg.slice(2).replace('512', '521')}`)
          : generateKeyPairSync('ed25519');
    const jwk = foreign.publicKey.export({ format: 'jwk' });
    const der = foreign.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    const headers = [
      ...[{}, { jwk }, { jwk: { ...jwk, kid: 'k1' } }, { x5c: [der] }, { jku: `${ISSUER}/x` }],
      ...[{ x5u: `${ISSUER}/x` }, { kid: 'k2' }, { kid: undefined, jwk }],
    ];
    await refusesAll(
      headers.map((header) => {
        const own = inputOf(alg, header);
        return `${own}.${base64url(signed({ ...algorithm, keys: foreign }, own))}`;
      }),
    );
  });

  test('HMAC with whatever of the public key could be its secret [JW-4, T60]', async () => {
    const { publicKey } = algorithm.keys;
    const jwk = publicKey.export({ format: 'jwk' });
    const pem = publicKey.export({ format: 'pem', type: 'spki' }) as string;
    const secrets = [
      ...[pem, pem.trim(), JSON.stringify(jwk), publicKey.export({ format: 'der', type: 'spki' })],
      ...[jwk.x ?? jwk.n ?? '', Buffer.from(jwk.x ?? jwk.n ?? '', 'base64url')],
      Buffer.alloc(32),
    ];
    const names = ['HS256', 'HS384', 'HS512', 'hs256', alg];
    await refusesAll(
      secrets.flatMap((secret) =>
        names.map((name) => {
          const own = inputOf(name);
          const bits = /\d{3}/.exec(name)?.[0] ?? '256';
          const hash = ['256', '384', '512'].includes(bits) ? bits : '256';
          return `${own}.${createHmac(`sha${hash}`, secret).update(own).digest('base64url')}`;
        }),
      ),
    );
  });

  test('`none` and names that differ slightly from accepted ones [JW-4, T60]', async () => {
    const names = [
      ...['none', 'None', 'NONE', 'nOnE', 'none ', '', alg.toLowerCase(), ` ${alg}`, `${alg}\0`],
      ...[null, undefined, 0, true, [alg], { toString: alg }, 'HS256', 'ES256K', 'RSA-OAEP', 'dir'],
    ].filter((name) => name !== alg);
    await refusesAll(
      names.flatMap((name) => {
        const own = inputOf(name);
        return [`${own}.`, `${own}.${base64url(signed(algorithm, own))}`];
      }),
    );
  });

  test('extensions, whatever they are, under a good signature [JW-7, T62]', async () => {
    const headers = [
      ...[{ crit: ['b64'], b64: false }, { crit: ['b64'], b64: true }, { b64: false }],
      ...[{ crit: [] }, { crit: ['exp'], exp: 1 }, { crit: 'b64' }, { crit: null }, { zip: 'DEF' }],
    ];
    await refusesAll(
      headers.map((header) => {
        const own = inputOf(alg, header);
        return `${own}.${base64url(signed(algorithm, own))}`;
      }),
    );
    // RFC 7797 s3: what an unencoded payload would sign.
    const [head = '', payload = ''] = inputOf(alg, { crit: ['b64'], b64: false }).split('.');
    const signature = base64url(signed(algorithm, `${head}.${JSON.stringify(CLAIMS)}`));
    await refusesAll([`${head}.${payload}.${signature}`, `${head}..${signature}`]);
  });

  test('serializations other than one of three parts, spelt canonically [T62, T70, JW-11]', async () => {
    const token = withSignature(good);
    const [head = '', payload = '', signature = ''] = token.split('.');
    const members = { payload, protected: head, signature };
    await refusesAll([
      ...['', '.', '..', '...', head, payload, signature, `${head}.${payload}`, `.${payload}.`],
      ...[`${head}..${signature}`, `.${payload}.${signature}`, `${head}.${payload}.`],
      ...[
        `${token}.`,
        `.${token}`,
        `${token}.${signature}`,
        `${head}.${payload}.${payload}.${signature}.${signature}`,
      ],
      ...[
        `${token}=`,
        `${token}==`,
        ` ${token}`,
        `${token}\n`,
        `${token}\0`,
        `${head}=.${payload}.${signature}`,
      ],
      ...[
        `${head}\n.${payload}.${signature}`,
        `${head}.${payload.slice(0, 9)} ${payload.slice(9)}.${signature}`,
      ],
      ...[
        `${head}.${payload}.${signature.slice(0, 9)}%3D${signature.slice(9)}`,
        `"${token}"`,
        `Bearer ${token}`,
      ],
      ...[JSON.stringify(members), JSON.stringify({ payload, signatures: [members] })],
      token.replaceAll('.', '%2E'),
      token.replaceAll('.', '\u3002'),
    ]);
    // Twins: the last character of a part has bits that say nothing (RFC 4648 s3.5).
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twins = [head, payload, signature].flatMap((part, index) => {
      const unused = (4 - (part.length % 4)) % 4;
      const last = alphabet.indexOf(part.at(-1) ?? '');
      return Array.from({ length: (1 << (2 * unused)) - 1 }, (_, bits) => {
        const parts = [head, payload, signature];
        parts[index] = part.slice(0, -1) + (alphabet[last + bits + 1] ?? 'A');
        return parts.join('.');
      });
    });
    await refusesAll(twins);
    // The other alphabet (RFC 4648 s4) and its padding.
    const plain = Buffer.from(signature, 'base64url').toString('base64');
    if (plain !== signature) await refusesAll([`${head}.${payload}.${plain}`]);
  });

  test('payloads that are no JSON object in UTF-8, under a good signature [T69, JW-10]', async () => {
    const text = JSON.stringify(CLAIMS);
    const payloads = [
      ...['', 'foo', 'null', 'true', '7', '[]', `[${text}]`, JSON.stringify(text), `${text}}`],
      ...[`\uFEFF${text}`, `${text}\0`, `${text},`, `//\n${text}`, text.slice(0, -1)],
      text.replace(/"exp":\d+/, '"exp":1e400'),
      text.replace(/"exp":\d+/, '"exp":NaN'),
      text.replace(/"exp":(\d+)/, '"exp":$1,"exp":1'),
      text.replace('"ray"', `"ray","aud":"${ISSUER}"`),
    ];
    await refusesAll(
      payloads.map((payload) => {
        const own = inputOf(alg, {}, payload);
        return `${own}.${base64url(signed(algorithm, own))}`;
      }),
    );
    const [head = ''] = input.split('.');
    for (const encoding of ['latin1', 'utf16le'] as const) {
      const own = `${head}.${base64url(Buffer.from(text.replace('ray', 'r\u00E4y'), encoding))}`;
      await refusesAll([`${own}.${base64url(signed(algorithm, own))}`]);
    }
    const utf8 = inputOf(alg, {}, text.replace('ray', 'r\u00E4y'));
    expect(await accepts(`${utf8}.${base64url(signed(algorithm, utf8))}`)).toBe(true);
  });
});
