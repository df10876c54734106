/** Errors and events name the one fact to change: expected and found, a redirect's target, a URL without token. */
import { describe, expect, test } from 'vitest';
import { discoverResource, stepUpFetch } from '../src/index.js';
import type {
  DiscoveryError,
  OutsideEvent,
  StepUpError,
  StepUpFetchOptions,
} from '../src/index.js';
import { json, rejection, startServer } from './support.js';

const TOKEN = 'c2VjcmV0LXRva2VuLW9mLXRoaXMtdXNlcg';

type Answer = (
  path: string,
  origin: string,
) => { status: number; headers?: object; body?: unknown };

/** A server on a real socket that answers by path. */
async function serve(answer: Answer): Promise<{ origin: string; resource: string }> {
  const handle: Parameters<typeof startServer>[0] = ({ url }, response, { origin }) => {
    const { status, headers = {}, body = {} } = answer(url, origin);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, String(value));
    json(response, status, body);
  };
  return startServer(handle, handle);
}

async function failureOf(
  resource: string,
  options: Partial<StepUpFetchOptions> = {},
): Promise<StepUpError> {
  const authorized = stepUpFetch({
    ...{ resource, token: () => TOKEN, authorize: async () => undefined },
    ...options,
  });
  return (await rejection(authorized(resource))) as StepUpError;
}

const unauthorized = {
  status: 401,
  headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
};

describe('the error of a request says what is wrong', () => {
  test.each<readonly [what: string, document: object, message: RegExp]>([
    [
      'metadata of another resource',
      { resource: 'https://other.example/mcp' },
      /^GET \/mcp needs a token: discovery_failed: http:\S+\/\.well-known\/oauth-protected-resource\/mcp: resource_mismatch: expected resource http:\S+\/mcp, found https:\/\/other\.example\/mcp$/,
    ],
    [
      'metadata without a resource',
      { scopes_supported: [] },
      /: discovery_failed: \S+: resource_mismatch: missing-resource$/,
    ],
    [
      'authorization servers that are no list',
      { authorization_servers: 'https://idp.example' },
      /: invalid_authorization_servers: expected a list of strings in authorization_servers$/,
    ],
    [
      'an authorization server without https',
      { authorization_servers: ['http://idp.example'] },
      /: http:\/\/idp\.example: invalid_url: expected an https URL/,
    ],
  ])('%s', async (_what, document, message) => {
    const { resource } = await serve((path, origin) =>
      path === '/mcp'
        ? unauthorized
        : {
            status: 200,
            body: {
              ...('scopes_supported' in document ? {} : { resource: `${origin}/mcp` }),
              ...document,
            },
          },
    );
    const error = await failureOf(resource);
    expect(error).toMatchObject({ code: 'discovery_failed', name: 'StepUpError' });
    expect(error.message).toMatch(message);
  });

  test.each<readonly [status: number, message: RegExp]>([
    [404, /: not_found: no document at \S+\/oauth-protected-resource\/mcp or \S+-resource$/],
    [500, /: bad_status: answered 500$/],
    [302, /: redirected: answered 302 to http:\/\/localhost:\d+\/sign-in$/],
  ])('metadata answered with %s', async (status, message) => {
    const { resource } = await serve((path) =>
      path === '/mcp' ? unauthorized : { status, headers: { location: '/sign-in?next=/mcp' } },
    );
    expect((await failureOf(resource)).message).toMatch(message);
  });

  test('metadata on another origin: the origin, and the option', async () => {
    const { resource } = await serve(() => ({
      status: 401,
      headers: { 'www-authenticate': 'Bearer resource_metadata="https://other.example/m?key=1"' },
    }));
    expect((await failureOf(resource)).message).toMatch(
      /: https:\/\/other\.example\/m: foreign_origin: expected the origin http:\S+, or one that allowOrigin accepts$/,
    );
  });

  test('nobody listens: the code of the socket', async () => {
    const error = (await rejection(discoverResource('http://localhost:1/mcp'))) as DiscoveryError;
    expect(error.message).toMatch(/: unreachable: could not be read: TypeError/);
  });

  test.each<readonly [location: string, shown: RegExp]>([
    [
      '/mcp/',
      /: redirect_refused: to http:\/\/localhost:\d+\/mcp\/; if the resource has moved there, change `resource`$/,
    ],
    ['https://u:p@other.example/x?code=1#y', /: to https:\/\/other\.example\/x; /],
    [`https://other.example/${TOKEN}`, /: to https:\/\/other\.example\/\[token\]; /],
    [
      `https://other.example/${'x'.repeat(260)}${TOKEN}`,
      /: to https:\/\/other\.example\/x+\[token\]; /,
    ],
    ['http://[', /: to an unknown URL; /],
  ])('a redirect to %s', async (location, shown) => {
    const { resource } = await serve(() => ({ status: 307, headers: { location } }));
    const error = await failureOf(resource);
    expect(error).toMatchObject({ code: 'redirect_refused' });
    expect(error.message).toMatch(shown);
    expect(error.message).not.toContain(TOKEN.slice(0, 8));
  });

  test.each([
    ['https://user:secret@host.example/mcp', /^https:\/\/host\.example\/mcp: /],
    ['https:user:secret@host.example/mcp', /host\.example\/mcp: /],
    ['https:/user:secret@host.example/mcp', /host\.example\/mcp: /],
    [String.raw`https:\\user:secret@host.example/mcp`, /host\.example\/mcp: /],
    [' https://user:secret@host.example/mcp', /host\.example\/mcp: /],
    ['ht\ntps:/\t/user:sec\rret@host.example/mcp', /host\.example\/mcp: /],
    ['https://user:sec/ret@host.example/mcp', /host\.example\/mcp: /],
    ['https://user:sec?ret#secret@host.example/mcp', /host\.example\/mcp: /],
    ['user:secret@host.example/mcp', /host\.example\/mcp: /],
    ['http://host.example/@user/mcp?secret#secret', /^http:\/\/host\.example\/@user\/mcp: /],
  ])('the URL %j is shown without user information, query and fragment', async (url, shown) => {
    const error = (await rejection(discoverResource(url))) as DiscoveryError;
    expect(error.code).toBe('invalid_url');
    expect(error.message).toMatch(shown);
    expect(error.message).not.toMatch(/sec/);
  });

  test('a long URL is cut after the user information was removed', async () => {
    const long = 'secret'.repeat(100);
    for (const [url, shown] of [
      [`https://user:${long}@host.example/mcp`, /^https:\/\/host\.example\/mcp: /],
      [`https:user:${long}@host.example/mcp`, /host\.example\/mcp: /],
      [`http://host.example/${'x'.repeat(600)}`, /^http:\/\/host\.example\/x{280}: /],
    ] as const) {
      const error = (await rejection(discoverResource(url))) as DiscoveryError;
      expect(error.message).toMatch(shown);
      expect(error.message).not.toMatch(/secret/);
    }
  });

  test('another authorization server than before', async () => {
    let issuer = 'https://first.example';
    let token = 'first';
    const { resource } = await serve((path, origin) =>
      path === '/mcp'
        ? unauthorized
        : { status: 200, body: { resource: `${origin}/mcp`, authorization_servers: [issuer] } },
    );
    const authorized = stepUpFetch({
      ...{ resource, token: () => token, authorize: async () => void (token += 'x') },
    });
    await rejection(authorized(resource));
    issuer = 'https://second.example';
    expect(((await rejection(authorized(resource))) as StepUpError).message).toMatch(
      /: authorization_server_changed: expected https:\/\/first\.example, found https:\/\/second\.example$/,
    );
  });

  test('metadata that names the token: the message does not', async () => {
    const { resource } = await serve((path) =>
      path === '/mcp'
        ? unauthorized
        : { status: 200, body: { resource: `https://other.example/${TOKEN}` } },
    );
    const { message } = await failureOf(resource);
    expect(message).toMatch(/, found https:\/\/other\.example\/\[token\]$/);
    expect(message).not.toContain(TOKEN);
  });

  test('what authorize throws is the cause, and no part of the message', async () => {
    const { resource } = await serve((path, origin) =>
      path === '/mcp' ? unauthorized : { status: 200, body: { resource: `${origin}/mcp` } },
    );
    const cause = new Error(`refresh token ${TOKEN} is gone`);
    const error = await failureOf(resource, { authorize: () => Promise.reject(cause) });
    expect(error).toMatchObject({ code: 'authorization_failed', cause });
    expect(error.message).toBe('GET /mcp needs a token: authorization_failed');
  });
});

describe('a request outside the resource', () => {
  test('is an event with its URL and the status, and has no token', async () => {
    const seen: OutsideEvent[] = [];
    const { origin, resource } = await serve((path) => ({ status: path === '/mcp' ? 200 : 401 }));
    const authorized = stepUpFetch({
      ...{ resource, token: () => TOKEN, onOutside: (event) => void seen.push(event) },
    });
    await authorized(resource);
    expect(seen).toEqual([]);
    expect((await authorized(`${origin}/mcpx?secret=1`)).status).toBe(401);
    expect(seen).toEqual([{ url: `${origin}/mcpx`, resource, status: 401 }]);
  });

  test('a listener that throws changes nothing', async () => {
    const { origin, resource } = await serve(() => ({ status: 200 }));
    const authorized = stepUpFetch({
      ...{ resource, token: () => TOKEN },
      onOutside: () => {
        throw new Error('boom');
      },
    });
    expect((await authorized(origin)).status).toBe(200);
  });
});
