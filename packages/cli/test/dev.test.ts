/** The local authorization server, as a client and a browser meet it. */
import { createHash, randomBytes } from 'node:crypto';
import { createGate } from '@scopegate/core';
import { jwtVerifier } from '@scopegate/core/jwt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scopegate } from './support.js';
import type { Ran } from './support.js';

const RESOURCE = 'http://localhost:3999/mcp';
const CALLBACK = 'http://localhost:3999/callback';

let issuer = '';
let printed = '';
let stop: () => void = () => undefined;
let ran: Promise<Ran>;

beforeAll(async () => {
  const interrupted = new Promise<void>((resolve) => {
    stop = resolve;
  });
  await new Promise<void>((started) => {
    ran = scopegate(
      [
        'dev',
        '--resource',
        RESOURCE,
        '--scope',
        'notes:read',
        'notes:write',
        'admin',
        '--port',
        '0',
      ],
      {
        interrupted: () => interrupted,
        out: (text) => {
          printed = text;
          issuer = /http:\/\/localhost:\d+/.exec(text)?.[0] ?? '';
          started();
        },
      },
    );
  });
});

afterAll(async () => {
  stop();
  await ran;
});

const gateOf = () =>
  createGate({
    resource: RESOURCE,
    authorizationServers: [issuer],
    verifier: jwtVerifier({ issuer, allowInsecureLoopback: true }),
    scopes: ['notes:read', 'notes:write', 'admin'],
  });

async function granted(token: string): Promise<readonly string[]> {
  const headers = { authorization: `Bearer ${token}` };
  const decision = await gateOf().check(new Request(RESOURCE, { headers }), 'notes:read');
  if (!decision.allowed) throw new Error(`refused: ${decision.status} ${decision.body}`);
  return decision.auth?.scopes ?? [];
}

test('the printed curl line gets a token that the printed options accept', async () => {
  const [, user = ''] = /-u (\S+)/.exec(printed) ?? [];
  expect(printed).toContain(`authorizationServers: ['${issuer}']`);
  expect(printed).toContain(`jwtVerifier({ issuer: '${issuer}', allowInsecureLoopback: true })`);
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(user).toString('base64')}` },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      resource: RESOURCE,
      scope: 'notes:read notes:write',
    }),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  expect(await granted(token)).toEqual(['notes:read', 'notes:write']);
});

test('a port that is in use says which option to change', async () => {
  const { status, err } = await scopegate([
    'dev',
    '--resource',
    RESOURCE,
    '--scope',
    'a',
    '--port',
    new URL(issuer).port,
  ]);
  expect(status).toBe(2);
  expect(err).toContain('is in use: take another with --port');
});

describe('a login in the browser', () => {
  test('grants the scopes that are ticked', async () => {
    const page = await Browser.open('notes:read notes:write');
    expect(page.html).toContain('value="notes:write" checked');
    const token = await page.submit([
      ['answer', 'allow'],
      ['account', 'ann'],
      ['scope', 'notes:read'],
    ]);
    expect(await granted(token)).toEqual(['notes:read']);
  });

  test('asks again for a scope that was not ticked, and grants it then', async () => {
    // The server shows native clients the page each time, because anybody can pretend to be one.
    const page = await Browser.open('notes:read notes:write', '', 'web');
    const ticked = (...scopes: string[]): string[][] => [
      ...[
        ['answer', 'allow'],
        ['account', 'ann'],
      ],
      ...scopes.map((scope) => ['scope', scope]),
    ];
    expect(await granted(await page.submit(ticked('notes:read')))).toEqual(['notes:read']);
    await page.ask('notes:read notes:write');
    expect(page.html).toContain('value="notes:write"');
    expect(await granted(await page.submit(ticked('notes:read')))).toEqual(['notes:read']);
    await page.ask('notes:read notes:write admin');
    const all = await granted(await page.submit(ticked('notes:read', 'notes:write', 'admin')));
    expect(all).toEqual(['notes:read', 'notes:write', 'admin']);
    await page.ask('notes:read notes:write');
    expect(page.html).toBe('');
  });

  test('takes back a scope that is not ticked any more', async () => {
    const page = await Browser.open('notes:read notes:write');
    const ann = [
      ['answer', 'allow'],
      ['account', 'ann'],
      ['scope', 'notes:read'],
    ];
    await page.submit([...ann, ['scope', 'notes:write']]);
    await page.ask('notes:read notes:write admin');
    expect(await granted(await page.submit(ann))).toEqual(['notes:read']);
    await page.ask('notes:read admin');
    await page.submit([...ann, ['scope', 'admin']]);
    await page.ask('notes:read notes:write');
    expect(page.html).toContain('value="notes:write"');
  });

  test('ends in access_denied if it is refused', async () => {
    const page = await Browser.open('notes:read');
    await expect(page.submit([['answer', 'deny']])).rejects.toThrow('access_denied');
  });

  test('shows nothing of a request as markup', async () => {
    const page = await Browser.open('notes:read', '"><script>alert(1)</script>');
    expect(page.html).not.toContain('<script>');
    expect(page.html).toContain('&lt;script&gt;');
  });
});

/** A client that registered itself, and the browser of its user. */
class Browser {
  html = '';
  #page = '';
  readonly #cookies = new Map<string, string>();
  readonly #verifier = randomBytes(32).toString('base64url');
  #client = '';

  static async open(scope: string, hint = '', kind = 'native'): Promise<Browser> {
    const browser = new Browser();
    const registered = await fetch(`${issuer}/reg`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: [CALLBACK], application_type: kind, scope }),
    });
    browser.#client = ((await registered.json()) as { client_id: string }).client_id;
    await browser.ask(scope, hint);
    return browser;
  }

  /** Sends the user to the server again. `html` is empty if the server shows no page. */
  async ask(scope: string, hint = ''): Promise<void> {
    const challenge = createHash('sha256').update(this.#verifier).digest('base64url');
    const query = new URLSearchParams({
      client_id: this.#client,
      response_type: 'code',
      redirect_uri: CALLBACK,
      scope,
      resource: RESOURCE,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      login_hint: hint,
    });
    const response = await this.#follow(`${issuer}/auth?${query}`);
    this.html = response.status === 200 ? await response.text() : '';
  }

  async submit(form: string[][]): Promise<string> {
    const response = await this.#follow(this.#page, new URLSearchParams(form));
    const location = new URL(response.headers.get('location') ?? '');
    const code = location.searchParams.get('code');
    if (code === null) throw new Error(location.searchParams.get('error') ?? 'no code');
    const answer = await fetch(`${issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: this.#client,
        code,
        redirect_uri: CALLBACK,
        code_verifier: this.#verifier,
        resource: RESOURCE,
      }),
    });
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  /** Follows redirects until a page, or the client's callback. */
  async #follow(url: string, body?: URLSearchParams): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      ...(body && { method: 'POST', body }),
      headers: { cookie },
      redirect: 'manual',
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.#cookies.set(name, value);
    }
    this.#page = url;
    const location = response.headers.get('location');
    if (location === null || location.startsWith(CALLBACK)) return response;
    return this.#follow(new URL(location, url).href);
  }
}
