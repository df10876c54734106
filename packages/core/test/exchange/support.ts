/** A gate, an authorization server and an API on real sockets; both record every byte that they get. */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { authenticated, createGate, defineScopes } from '../../src/index.js';
import type { Auth, Gate, GateOptions } from '../../src/index.js';
import { upstreamTokens } from '../../src/exchange/index.js';
import type { UpstreamTokens, UpstreamTokensOptions } from '../../src/exchange/index.js';
import { createTestIssuer } from '../../../testing/src/index.js';
import type { TestIssuer } from '../../../testing/src/index.js';
import { close, listen } from '../support/issuer.js';

export const RESOURCE = 'https://notes.example.com/mcp';
export const SECRET = 'the-secret-of-the-notes-server';

export const scopes = defineScopes({
  'notes:read': { description: 'Read notes' },
  'notes:write': { description: 'Change notes' },
  'notes:admin': { description: 'Purge notes' },
});
export type Scope = 'notes:read' | 'notes:write' | 'notes:admin';

export const MAPPING = {
  'notes:read': 'api.read',
  'notes:write': ['api.read', 'api.write'],
} as const;

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Spied {
  readonly origin: string;
  readonly seen: Seen[];
  /** Answers in the place of the server's own answer; `undefined` restores it. */
  answer: ((seen: Seen, response: ServerResponse) => void) | undefined;
  close(): Promise<void>;
}

export async function spy(own: (seen: Seen, response: ServerResponse) => void): Promise<Spied> {
  const seen: Seen[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const one = { method, url, headers, body: Buffer.concat(chunks).toString() };
      seen.push(one);
      (spied.answer ?? own)(one, response);
    });
  });
  const origin = await listen(server);
  const spied: Spied = { origin, seen, answer: undefined, close: () => close(server) };
  return spied;
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

export interface Hops {
  readonly as: Spied;
  readonly api: Spied;
  readonly issuer: TestIssuer;
  readonly gate: Gate<Scope>;
  /** Requests to the token endpoint, as forms. */
  readonly exchanges: () => URLSearchParams[];
  readonly upstream: (options?: Partial<UpstreamTokensOptions<Scope>>) => UpstreamTokens<Scope>;
  /** The auth that the gate makes of a token with these scopes. */
  readonly login: (
    granted: readonly string[],
    subject?: string,
    claims?: Record<string, unknown>,
  ) => Promise<Auth<Scope>>;
  readonly close: () => Promise<void>;
}

/** The subject of a token that the authorization server made for the API. */
export const subjectOf = (token: string): string => token.split('~')[1] ?? '';

export async function startHops(options: Partial<GateOptions<Scope>> = {}): Promise<Hops> {
  let count = 0;
  const as = await spy(({ url, body }, response) => {
    if (url.startsWith('/.well-known/')) {
      json(response, 200, { issuer: as.origin, token_endpoint: `${as.origin}/token` });
      return;
    }
    const form = new URLSearchParams(body);
    const subject = payloadOf(form.get('subject_token') ?? form.get('assertion'))?.sub ?? 'self';
    json(response, 200, {
      access_token: `up~${subject}~${++count}`,
      issued_token_type: ACCESS_TOKEN,
      token_type: 'Bearer',
      expires_in: 3600,
    });
  });
  const api = await spy(({ headers }, response) => {
    json(response, 200, { sub: subjectOf(headers.authorization ?? '') });
  });
  const issuer = createTestIssuer({ resource: RESOURCE, issuer: as.origin });
  const gate = createGate<Scope>({
    ...{ resource: RESOURCE, scopes, verifier: issuer.verifier() },
    authorizationServers: [as.origin],
    ...options,
  });
  return {
    ...{ as, api, issuer, gate },
    exchanges: () =>
      as.seen.filter(({ url }) => url === '/token').map(({ body }) => new URLSearchParams(body)),
    upstream: (more = {}) =>
      upstreamTokens(gate, {
        ...(more.provider === undefined && { issuer: as.origin }),
        ...{ clientId: 'notes-api', resource: `${api.origin}/` },
        clientAuthentication: { method: 'client_secret_post', secret: SECRET },
        // A slow machine is not a fault of the server.
        ...{ scopes: MAPPING, allowInsecureLoopback: true, timeout: 30_000 },
        onError: () => undefined,
        ...more,
      }),
    async login(granted, subject = 'ray', claims = {}) {
      const token = await issuer.mintToken({ scopes: granted, subject, clientId: 'desk', claims });
      const headers = { authorization: `Bearer ${token}` };
      const decision = await gate.check(new Request(RESOURCE, { headers }), authenticated());
      if (!decision.allowed || decision.auth === undefined) throw new Error('not allowed');
      return decision.auth;
    },
    close: async () => {
      await as.close();
      await api.close();
    },
  };
}

/** The claims of a JWT; `undefined` for any other text. */
export function payloadOf(jwt: string | null): Record<string, string> | undefined {
  const part = jwt?.split('.')[1];
  try {
    return JSON.parse(Buffer.from(part ?? '', 'base64url').toString()) as Record<string, string>;
  } catch {
    return undefined;
  }
}
