/** One issuer for every candidate: a key, where it is published, and a token for each case. */
import { createServer } from 'node:http';
import { SignJWT, exportJWK, exportSPKI, generateKeyPair } from 'jose';

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
  return {
    issuer,
    jwk,
    pem: await exportSPKI(publicKey),
    /** A good token, another each time. */
    mint: () => mint({}, '1h', 'at+jwt'),
    tokens: { 'at+jwt': await each('at+jwt'), JWT: await each('JWT') },
    close: () => server.close(),
  };
}
