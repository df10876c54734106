/** What hostile servers, tokens and command lines can do to who runs the command. */
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { scopegate } from './support.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

/** Sets the title of the terminal, clears it, and hides what follows; the last ones turn text around. */
const ESCAPES = '\u001b]0;pwned\u0007\u001b[2J\u009b8m\u202e\u2066\u200b\r\u2028';
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

describe('the output', () => {
  test.each([['text'], ['json']])(
    'has no escape sequence of a server, as %s [T72]',
    async (form) => {
      const url = await serve((request, response) => {
        const document = {
          resource: `https://evil.test/${ESCAPES}`,
          authorization_servers: [],
          scopes_supported: ['offline_access', ESCAPES],
        };
        if (request.url?.includes('.well-known') === true) {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.end(JSON.stringify(document));
          return;
        }
        const latin1 = '\u009b8m\u009d0;pwned';
        response.writeHead(302, {
          'www-authenticate': `Bearer realm="${latin1}"`,
          location: latin1,
        });
        response.end(ESCAPES);
      });
      const args = ['check', url, ...(form === 'json' ? ['--json'] : [])];
      const { out, err } = await scopegate(args, { columns: 4000 });
      expect(out).toContain('metadata: speaks for this resource');
      expect(out).toContain(String.raw`\u009b`);
      expect(out + err).not.toMatch(UNSEEN);
    },
  );

  test('has no escape sequence of an argument or a path [T72]', async () => {
    for (const args of [
      ['map', `missing${ESCAPES}.ts`],
      ['check', ESCAPES],
      ['check', 'https://x.test', '--header', ESCAPES],
      ['dev', '--resource', ESCAPES, '--scope', 'a'],
    ]) {
      const { status, out, err } = await scopegate(args);
      expect(status).toBe(2);
      expect(out + err).not.toMatch(UNSEEN);
    }
  });

  test('is short for a server that never stops sending', async () => {
    const flood = 'x'.repeat(64 * 1024);
    const url = await serve((request, response) => {
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${'r'.repeat(8000)}"` });
      if (request.method === 'HEAD') return void response.end();
      const send = (): void => {
        while (!response.destroyed && response.write(flood));
      };
      response.on('drain', send);
      send();
    });
    const { status, out } = await scopegate(['check', url, '--json']);
    expect(status).toBe(1);
    expect(out.length).toBeLessThan(64 * 1024);
  });

  test('comes in time from a server that sends one byte and waits', async () => {
    const url = await serve((_request, response) => void response.write('x'));
    const started = performance.now();
    const { status } = await scopegate(['check', url, '--timeout', '50']);
    expect(status).not.toBe(0);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

describe('a token', () => {
  const token = `eyJhbGciOiJFUzI1NiJ9.${'e30'.repeat(20)}.${'c2ln'.repeat(20)}`;

  test('goes to the server that was named, and not where it redirects to [T72]', async () => {
    const seen: string[] = [];
    const other = await serve((request, response) => {
      seen.push(request.headers.authorization ?? 'none');
      response.end();
    });
    const url = await serve((_request, response) =>
      response.writeHead(307, { location: other }).end(),
    );
    await scopegate(['check', url, '--timeout', '500'], { env: { SCOPEGATE_TOKEN: token } });
    expect(seen).toEqual([]);
  });

  test('is not repeated where the server repeats it [T72]', async () => {
    const url = await serve((request, response) => {
      const sent = request.headers.authorization ?? '';
      response.writeHead(401, { 'www-authenticate': `Bearer error_description="${sent}"` });
      response.end(sent);
    });
    for (const form of [[], ['--json']]) {
      const { out, err } = await scopegate(['check', url, ...form], {
        env: { SCOPEGATE_TOKEN: token },
      });
      expect(out + err).not.toContain('eyJ');
      expect(out + err).not.toContain('c2lnc2ln');
    }
  });

  test.each([
    [['check', 'https://x.test', `--tokn=${token}`], 'unknown option'],
    [[token], 'unknown command'],
    [['check', 'https://x.test', token], 'too many arguments'],
    [['check', 'https://x.test', '--timeout', token], 'whole milliseconds'],
    [['check', `https://user:${token}@x.test/`], 'has a user and password in it'],
    [['check', 'https://x.test', '--token', `${token}\n${token}`], 'which no header carries'],
    [['check', 'https://x.test', '--token', `Bearer ${token}`], 'without "Bearer "'],
    [['check', 'https://x.test', '--token', ''], 'the token is empty'],
  ])('is not repeated by an error: %#', async (args, says) => {
    const { status, out, err } = await scopegate(args);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toContain(says);
    expect(err).not.toContain('eyJ');
    expect(err).not.toContain('c2lnc2ln');
  });

  test('comes from the environment that the command was given, and an empty one is none', async () => {
    const seen = new Set<string>();
    const url = await serve((request, response) => {
      seen.add(request.headers.authorization?.slice(0, 10) ?? 'none');
      response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
    });
    const empty = await scopegate(['check', url], { env: { SCOPEGATE_TOKEN: '' } });
    expect(empty.err).toContain('Without a token');
    expect(seen).toContain('none');
    expect([...seen].some((one) => one.startsWith('Bearer eyJ'))).toBe(false);
    await scopegate(['check', url], { env: { SCOPEGATE_TOKEN: token } });
    expect([...seen].some((one) => one.startsWith('Bearer eyJ'))).toBe(true);
  });
});

test('--version prints the version of the package', async () => {
  const { default: manifest } = (await import('../package.json', { with: { type: 'json' } })) as {
    default: { version: string };
  };
  for (const flag of ['--version', '-V']) {
    expect(await scopegate([flag])).toEqual({ status: 0, out: `${manifest.version}\n`, err: '' });
  }
});
