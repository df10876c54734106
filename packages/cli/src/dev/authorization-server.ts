/**
 * A local authorization server: a real oidc-provider for one resource, which anybody may log in to.
 *
 * @module
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Configuration, Provider } from 'oidc-provider';
import { UsageError } from '../usage-error.js';
import { configurationOf } from './configuration.js';
import type { Library } from './configuration.js';
import { answerInteraction } from './interaction.js';
import type { AuthorizationServerOptions } from './options.js';

export interface AuthorizationServer {
  readonly issuer: string;
  /** A registered client for the client credentials grant. */
  readonly client: { readonly id: string; readonly secret: string };
  close(): Promise<void>;
}

/**
 * Starts the server on `localhost`.
 *
 * @throws {@link UsageError} when the port is in use
 */
export async function startAuthorizationServer(
  options: AuthorizationServerOptions,
): Promise<AuthorizationServer> {
  const server = createServer();
  await listen(server, options.port);
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
  const client = { id: 'dev', secret: randomBytes(12).toString('hex') };
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'dev' };
  const provider = await createProvider(issuer, (library) =>
    configurationOf(options, client, jwk, library),
  );
  const answer = provider.callback();
  server.on('request', (request, response) => {
    const isInteraction = request.url?.startsWith('/interaction/') === true;
    void (isInteraction
      ? answerInteraction(provider, options, request, response)
      : answer(request, response));
  });
  return { issuer, client, close: () => close(server) };
}

/** Loads oidc-provider when it is needed, and hides its warnings that this is not for production. */
async function createProvider(
  issuer: string,
  configure: (library: Library) => Configuration,
): Promise<Provider> {
  const { warn } = console;
  console.warn = (...parts: unknown[]) => {
    if (!String(parts[0]).includes('oidc-provider WARNING')) warn(...parts);
  };
  try {
    const oidc = await import('oidc-provider');
    return new oidc.default(issuer, configure(oidc));
  } finally {
    console.warn = warn;
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const inUse = `port ${port} is in use: take another with --port, or 0 for a free one`;
      reject(error.code === 'EADDRINUSE' ? new UsageError(inUse) : error);
    });
    server.listen(port, 'localhost', resolve);
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
