/**
 * The test issuer on a port, for services that do not take a `fetch` function.
 *
 * @module
 */
import { createTestIssuer } from './test-issuer.js';
import type { TestIssuer, TestIssuerOptions } from './test-issuer.js';

export interface ListeningTestIssuer extends TestIssuer {
  close(): Promise<void>;
}

/**
 * Makes an issuer whose metadata and JWKS are served on a free loopback port, which is in its identifier.
 * It needs `node:http`, which is loaded at the call.
 *
 * @example
 * ```ts
 * const issuer = await listenTestIssuer({ resource: 'https://notes.example.com/mcp' });
 * const token = await issuer.mintToken({ scopes: ['notes:read'] });
 * await issuer.close();
 * ```
 * @group Testing
 */
export async function listenTestIssuer(
  options: Omit<TestIssuerOptions, 'issuer'> = {},
): Promise<ListeningTestIssuer> {
  const { createServer } = await import('node:http');
  let issuer: TestIssuer | undefined;
  const server = createServer((req, res) => {
    const answer = async (): Promise<void> => {
      const response = await (issuer as TestIssuer).fetch(`${origin}${req.url ?? '/'}`);
      res.writeHead(response.status, { 'content-type': 'application/json' });
      res.end(await response.text());
    };
    answer().catch((error: unknown) => res.destroy(error as Error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, 'localhost', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const origin = `http://localhost:${String(port)}`;
  issuer = createTestIssuer({ ...options, issuer: origin });
  // A test that forgets to close the server must not keep the process alive.
  server.unref();
  return Object.freeze({
    ...issuer,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
