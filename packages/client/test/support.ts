/**
 * Loopback servers that record who showed them a token, and an application with a toy authorization
 * server: it gives what is asked for, unless told otherwise.
 *
 * @module
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';
import type {
  AuthorizationRequest,
  ClientToken,
  StepUpError,
  StepUpFetch,
  StepUpFetchOptions,
} from '../src/index.js';
import { stepUpFetch } from '../src/index.js';
import { close, listen } from '../../core/test/support/issuer.js';

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

export interface TestServer {
  readonly origin: string;
  /** `/mcp` on it. */
  readonly resource: string;
  readonly seen: Seen[];
  /** Where it points to if it means harm. */
  readonly elsewhere: string;
  /** Requests to anything but the well-known paths. */
  calls(): Seen[];
}

export type Answer = (
  request: Seen,
  response: ServerResponse,
  server: TestServer,
) => void | Promise<void>;

/** A server that answers well-known paths with good metadata and everything else with `answer`. */
export async function startServer(
  answer: Answer,
  metadata: Answer = goodMetadata,
  elsewhere = '',
): Promise<TestServer> {
  const seen: Seen[] = [];
  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const { method = '', url = '', headers } = req;
    let body = '';
    for await (const chunk of req) body += String(chunk);
    const request = { method, url, authorization: headers.authorization, body };
    seen.push(request);
    await (url.startsWith('/.well-known/') ? metadata : answer)(request, res, server);
  };
  const http = createServer((req, res) => {
    handle(req, res).catch(() => res.destroy());
  });
  const origin = await listen(http);
  const calls = (): Seen[] => seen.filter(({ url }) => !url.startsWith('/.well-known/'));
  const server = { origin, resource: `${origin}/mcp`, seen, calls, elsewhere };
  onTestFinished(() => close(http));
  return server;
}

export const goodMetadata: Answer = ({ url }, response, { origin, resource }) => {
  if (url !== '/.well-known/oauth-protected-resource/mcp')
    return void response.writeHead(404).end();
  json(response, 200, {
    resource,
    authorization_servers: [origin],
    scopes_supported: ['notes:read'],
  });
};

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export function refuse(response: ServerResponse, status: number, challenge: string): void {
  response.writeHead(status, { 'www-authenticate': challenge }).end();
}

/** A guarded server as it should be: tokens are `token-<n>`, scopes are looked up in `app`. */
export function guarded(needs: (request: Seen) => string, scopeOf: () => string): Answer {
  return (request, response) => {
    if (request.authorization === undefined)
      return refuse(response, 401, 'Bearer scope="notes:read"');
    const granted = scopeOf().split(' ');
    const needed = needs(request);
    if (needed.split(' ').every((scope) => granted.includes(scope))) {
      return json(response, 200, { ok: request.body });
    }
    refuse(response, 403, `Bearer error="insufficient_scope", scope="${needed}"`);
  };
}

export interface TestApp {
  readonly fetch: StepUpFetch;
  /** Every authorization asked for, in order. */
  readonly authorizations: AuthorizationRequest[];
  readonly given: StepUpError[];
  readonly labels: string[];
  token: ClientToken | undefined;
}

export interface TestAppOptions extends Partial<StepUpFetchOptions> {
  readonly resource: string;
  /** The scope of the token at the start; no token without it. */
  readonly scope?: string;
  /** The token does not say what it has. */
  readonly opaque?: boolean;
  /** What the authorization server grants. @default what was asked for */
  readonly grant?: (request: AuthorizationRequest) => string | Promise<string>;
}

export function createApp({ scope, grant, opaque, ...options }: TestAppOptions): TestApp {
  let issued = 0;
  const issue = (granted: string): ClientToken => {
    issued += 1;
    return { accessToken: `token-${issued}`, scope: granted };
  };
  const app: TestApp = {
    authorizations: [],
    given: [],
    labels: [],
    token: scope === undefined ? undefined : issue(scope),
    fetch: stepUpFetch({
      token: () => (opaque === true ? app.token?.accessToken : app.token),
      async authorize(request) {
        app.authorizations.push(request);
        app.token = issue((await grant?.(request)) ?? request.scope ?? '');
      },
      onStepUp: ({ label }) => app.labels.push(label),
      onGiveUp: (error) => app.given.push(error),
      ...options,
    }),
  };
  return app;
}

/** A tool call as MCP clients send it. */
export function toolCall(name: string): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } }),
  };
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not reject');
}

export const WRITE = 'notes:write';
export const READ = 'notes:read';

/** A notes server where `add_note` needs `notes:write`, and an application that has `scope`. */
export async function notes(scope: string | undefined, options: Partial<TestAppOptions> = {}) {
  const server = await startServer(
    guarded(
      ({ body }) => (body.includes('admin') ? 'admin:notes' : body.includes('add') ? WRITE : READ),
      () => app.token?.scope ?? '',
    ),
  );
  const app: TestApp = createApp({
    resource: server.resource,
    ...(scope !== undefined && { scope }),
    ...options,
  });
  return { app, server };
}
