/**
 * The examples of RFC 7515, 7519 and 9068 through the verifier's own API. None but RFC 9068's is an
 * access token: what decides is named beside each.
 */
import { compactVerify, generateKeyPair, importJWK, SignJWT, exportJWK } from 'jose';
import type { JWK } from 'jose';
import { describe, expect, test } from 'vitest';
import { jwtVerifier } from '../../src/token/jwt/index.js';

const PAYLOAD =
  'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';

interface Example {
  readonly name: string;
  readonly token: string;
  /** Absent where the example has no signature that a public key could verify. */
  readonly key?: JWK;
  readonly decides: string;
}

const EXAMPLES: readonly Example[] = [
  {
    name: 'RFC 7515 A.1 and RFC 7519 s3.1, HS256',
    token: `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${PAYLOAD}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`,
    decides: 'symmetric algorithms are not for tokens of another party, RFC 9068 s4, RFC 8725 s3.2',
  },
  {
    name: 'RFC 7515 A.2, RS256',
    token: `eyJhbGciOiJSUzI1NiJ9.${PAYLOAD}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw`,
    key: {
      ...{ kty: 'RSA', e: 'AQAB' },
      n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
    },
    decides: 'no `aud`, RFC 9068 s4, and an issuer that is no URL, RFC 8414 s2',
  },
  {
    name: 'RFC 7515 A.3, ES256',
    token: `eyJhbGciOiJFUzI1NiJ9.${PAYLOAD}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`,
    key: {
      ...{ kty: 'EC', crv: 'P-256', x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU' },
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    },
    decides: 'no `aud`, RFC 9068 s4, and an issuer that is no URL, RFC 8414 s2',
  },
  {
    name: 'RFC 7515 A.4, ES512',
    token:
      'eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn',
    key: {
      ...{ kty: 'EC', crv: 'P-521' },
      x: 'AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk',
      y: 'ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2',
    },
    decides: 'the payload is no JSON object, RFC 7519 s7.2',
  },
  {
    name: 'RFC 7515 A.5 and RFC 7519 s6.1, unsecured',
    token: `eyJhbGciOiJub25lIn0.${PAYLOAD}.`,
    decides: '`none`, RFC 9068 s4',
  },
  {
    name: 'RFC 7515 A.6, JSON serialization',
    token: JSON.stringify({
      payload: PAYLOAD,
      signatures: [
        {
          protected: 'eyJhbGciOiJFUzI1NiJ9',
          header: { kid: 'e9bc097a-ce51-4036-9562-d2ade882db0d' },
          signature:
            'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q',
        },
      ],
    }),
    decides: 'a JWT is in compact serialization, RFC 7519 s3',
  },
];

describe.each(EXAMPLES)('$name', ({ token, key, decides }) => {
  const issuer = 'https://joe.example';
  const keys = key === undefined ? [] : [key];
  // Everything that can be opened is open, and it is 2011.
  const verifier = jwtVerifier({
    ...{ issuer, jwks: { keys: keys as never }, typ: ['at+jwt', 'JWT', null] },
    ...{ clock: () => 1_300_819_370_000, audience: 'joe' },
  });

  test(`refused: ${decides} [JW-3, JW-4, T60, T62]`, async () => {
    const context = { resource: issuer, signal: new AbortController().signal };
    expect(await verifier(token, context)).toBeUndefined();
  });

  test('not for its signature', async () => {
    // Where there is one that a public key verifies, it is right.
    const checked = keys.map(async (jwk) => {
      const alg = { RSA: 'RS256', 'P-256': 'ES256', 'P-521': 'ES512' }[jwk.crv ?? 'RSA'];
      return compactVerify(token, await importJWK(jwk, alg));
    });
    expect((await Promise.all(checked)).length).toBe(keys.length);
  });
});

test('RFC 9068 s2.2, signed as its header says, is accepted, with all its claims [JW-1, JW-6]', async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const claims = {
    iss: 'https://authorization-server.example.com/',
    sub: '5ba552d67',
    aud: 'https://rs.example.com/',
    exp: 1639528912,
    iat: 1618354090,
    jti: 'dbe39bf3a3ba4238a513f51d6e1691c4',
    client_id: 's6BhdRkqt3',
    scope: 'openid profile reademail',
  };
  const header = { typ: 'at+JWT', alg: 'RS256', kid: 'RjEwOwOA' };
  const token = await new SignJWT(claims).setProtectedHeader(header).sign(privateKey);
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: header.kid }] };
  const verify = (seconds: number, options: object = {}): unknown =>
    jwtVerifier({
      ...{ issuer: claims.iss, jwks: jwks as never, clock: () => seconds * 1000 },
      requiredClaims: ['sub', 'client_id', 'iat', 'jti'],
      ...options,
    })(token, { resource: 'https://rs.example.com/', signal: new AbortController().signal });
  expect(await verify(claims.iat)).toEqual({ claims });
  expect(await verify(claims.exp + 29)).toEqual({ claims });
  expect(await verify(claims.exp + 30)).toBeUndefined();
  expect(await verify(claims.iat, { audience: 'https://rs.example.com/x' })).toBeUndefined();
});
