/**
 * A real issuer on a loopback port: RFC 8414 metadata, a JWKS, and tokens signed by its key.
 *
 * @module
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import type { JWK, JWTPayload } from 'jose';

export interface TestIssuer {
  readonly issuer: string;
  readonly publicJwk: JWK;
  /** Paths asked for so far. */
  readonly requests: string[];
  /** Signs a token; the defaults make a good one for `audience`. A claim given as `undefined` is left out. */
  token(claims?: JWTPayload, header?: Record<string, unknown>): Promise<string>;
  /** Answers in the place of metadata and JWKS; `undefined` restores them. */
  answerWith(handler: ((req: IncomingMessage, res: ServerResponse) => void) | undefined): void;
  close(): Promise<void>;
}

/** Starts an issuer whose tokens are for `audience`. */
export async function startIssuer(audience: string): Promise<TestIssuer> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const publicJwk = { ...(await exportJWK(publicKey)), alg: 'ES256', use: 'sig', kid: 'k1' };
  const requests: string[] = [];
  let override: ((req: IncomingMessage, res: ServerResponse) => void) | undefined;
  const server = createServer((req, res) => {
    requests.push(req.url ?? '');
    if (override !== undefined) return override(req, res);
    res.setHeader('content-type', 'application/json');
    if (req.url === '/.well-known/oauth-authorization-server') {
      res.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/jwks` }));
    } else if (req.url === '/jwks') {
      res.end(JSON.stringify({ keys: [publicJwk] }));
    } else {
      res.statusCode = 404;
      res.end('{}');
    }
  });
  const issuer = await listen(server);
  return {
    issuer,
    publicJwk,
    requests,
    token(claims = {}, header = {}) {
      const now = Math.floor(Date.now() / 1000);
      const payload = {
        ...{ iss: issuer, aud: audience, sub: 'ray', client_id: 'c1', scope: 'notes:read' },
        ...{ iat: now, exp: now + 300, jti: crypto.randomUUID() },
        ...claims,
      };
      return new SignJWT(JSON.parse(JSON.stringify(payload)) as JWTPayload)
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'k1', ...header })
        .sign(privateKey);
    },
    answerWith(handler) {
      override = handler;
    },
    close: () => close(server),
  };
}

/** Starts a server on a free loopback port; returns its origin. */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

export async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
