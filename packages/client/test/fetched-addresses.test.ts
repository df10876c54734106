/** What a resource can make the client fetch: nothing that its metadata may not be, and nothing without a good certificate. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json as readJson } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { DiscoveryError, StepUpError, discoverResource } from '../src/index.js';
import { close, listen } from '../../core/test/support/issuer.js';
import { READ, createApp, json, refuse, rejection, startServer } from './support.js';

describe('metadata that a challenge names', () => {
  const PUBLIC = 'https://notes.example.com';

  /**
   * A server under a public name, whose 401 names this URL for its metadata. The `fetch` knows where the name
   * leads, as a resolver does; all else goes where its URL says.
   */
  async function start(named: string) {
    const server = await startServer((_request, response) =>
      refuse(response, 401, `Bearer resource_metadata="${named}"`),
    );
    const fetched: string[] = [];
    const app = createApp({
      resource: `${PUBLIC}/mcp`,
      discovery: { allowOrigin: () => true },
      fetch(input, init) {
        const url = input instanceof Request ? input.url : String(input);
        fetched.push(url);
        return fetch(url.replace(PUBLIC, server.origin), init);
      },
    });
    return { app, fetched };
  }

  test.each([
    ['http://169.254.169.254/latest/meta-data/', 'invalid_url'],
    ['https://169.254.169.254/latest/meta-data/', 'private_address'],
    ['https://[::ffff:169.254.169.254]/', 'private_address'],
    ['https://10.0.0.1/', 'private_address'],
    ['https://[fd00::1]/', 'private_address'],
    ['https://localhost/', 'private_address'],
    ['http://127.0.0.1:1/', 'private_address'],
    ['https://2130706433/', 'private_address'],
    ['http://notes.example.com/about', 'invalid_url'],
    ['http://idp.example.com/', 'invalid_url'],
    ['file:///etc/passwd', 'invalid_url'],
  ])('%s is not fetched, whatever origins are allowed [PR-12, T110]', async (named, code) => {
    const { app, fetched } = await start(named);
    const error = await rejection(app.fetch(`${PUBLIC}/mcp`));
    expect(error).toBeInstanceOf(StepUpError);
    expect((error as StepUpError).cause).toMatchObject({ name: 'DiscoveryError', code });
    expect(fetched).toEqual([`${PUBLIC}/mcp`]);
    expect(app.authorizations).toEqual([]);
  });

  test.each([301, 302, 303, 307, 308])(
    'a redirect (%i) to another place is not followed [PR-12, T116]',
    async (status) => {
      const inside = await startServer((_request, response) => json(response, 200, {}));
      const server = await startServer(
        (_request, response) => refuse(response, 401, 'Bearer'),
        (_request, response) =>
          void response.writeHead(status, { location: `${inside.origin}/secret` }).end(),
      );
      const app = createApp({ resource: server.resource });
      const error = await rejection(app.fetch(server.resource));
      expect((error as StepUpError).cause).toMatchObject({ code: 'redirected' });
      expect(inside.seen).toEqual([]);
      expect(server.seen.map(({ url }) => url)).toEqual([
        '/mcp',
        '/.well-known/oauth-protected-resource/mcp',
      ]);
    },
  );
});

describe('a server whose certificate nobody vouches for', () => {
  async function start() {
    const directory = mkdtempSync(join(tmpdir(), 'client-tls-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const files = ['-keyout', 'server.key', '-out', 'server.crt'];
    const args = ['req', ...kind, '-days', '1', ...name, ...files];
    execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' });
    const [key, cert] = ['server.key', 'server.crt'].map((file) =>
      readFileSync(join(directory, file)),
    );
    const seen: (string | undefined)[] = [];
    const server = createServer({ key, cert }, (req, res) => {
      seen.push(req.url);
      json(res, 200, { resource, scopes_supported: [READ] });
    });
    const { port } = new URL(await listen(server));
    const resource = `https://localhost:${port}/mcp`;
    onTestFinished(() => close(server));
    return { resource, cert, seen };
  }

  test('is asked for nothing: neither metadata, nor with the token [PR-12]', async () => {
    const { resource, seen } = await start();
    const error = await rejection(discoverResource(resource));
    expect(error).toBeInstanceOf(DiscoveryError);
    expect(error).toMatchObject({ code: 'unreachable' });
    const app = createApp({ resource, scope: READ });
    expect(await rejection(app.fetch(resource))).toBeInstanceOf(TypeError);
    expect(seen).toEqual([]);
  });

  test('is one as any other for a `fetch` that knows its certificate', async () => {
    const { resource, cert, seen } = await start();
    const trusting = async (url: unknown): Promise<Response> => {
      const asked = request(String(url), { ca: cert }).end();
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      return Response.json(await readJson(answer));
    };
    expect(await discoverResource(resource, { fetch: trusting })).toMatchObject({ resource });
    expect(seen).toEqual(['/.well-known/oauth-protected-resource/mcp']);
  });
});
