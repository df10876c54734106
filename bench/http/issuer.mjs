/** One issuer for every candidate: a key, where it is published, and a token for each case. */
import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { SignJWT, calculateJwkThumbprint, exportJWK, exportSPKI, generateKeyPair } from 'jose';

export const RESOURCE = 'https://notes.example.com/mcp';

export async function startIssuer() {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), alg: 'ES256', use: 'sig', kid: 'bench' };
  let issuer;
  const server = createServer((req, res) => {
    const isKeys = req.url === '/jwks';
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify(isKeys ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/jwks` }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://localhost:${server.address().port}`;
  // Some candidates know no other type than a login's.
  const mint = (claims, expires, typ) =>
    new SignJWT({ client_id: 'bench', scope: 'notes:read', ...claims })
      .setProtectedHeader({ alg: 'ES256', typ, kid: 'bench' })
      .setIssuer(issuer)
      .setAudience(RESOURCE)
      .setSubject('user-1')
      .setJti(crypto.randomUUID())
      .setIssuedAt()
      .setExpirationTime(expires)
      .sign(privateKey);
  const each = async (typ) => ({
    enough: await mint({}, '1h', typ),
    tooFew: await mint({ scope: 'notes:list' }, '1h', typ),
    expired: await mint({}, '-1h', typ),
  });
  const client = createProver();
  const cnf = { jkt: await calculateJwkThumbprint(client.jwk) };
  const boundToken = await mint({ cnf }, '1h', 'at+jwt');
  return {
    boundToken,
    prove: (method) => client.prove(method, boundToken),
    issuer,
    jwk,
    pem: await exportSPKI(publicKey),
    /** A good token, another each time. */
    mint: () => mint({}, '1h', 'at+jwt'),
    tokens: { 'at+jwt': await each('at+jwt'), JWT: await each('JWT') },
    close: () => server.close(),
  };
}

/** A client's key, and proofs of it. They are signed at once, so that the load need not wait. */
function createProver() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicKey.export({ format: 'jwk' });
  const header = encode({ typ: 'dpop+jwt', alg: 'ES256', jwk });
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' };
  return {
    jwk,
    prove(htm, token) {
      const iat = Math.floor(Date.now() / 1000);
      const ath = createHash('sha256').update(token).digest('base64url');
      const input = `${header}.${encode({ jti: randomUUID(), htm, htu: RESOURCE, iat, ath })}`;
      return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
    },
  };
}

function encode(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
