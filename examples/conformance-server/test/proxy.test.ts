import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { listenLocally } from '../src/listen.js';
import { addToken } from '../src/proxy.js';

test('the proxy adds a token and nothing else, and holds nothing back', async () => {
  const server = await listenLocally();
  const proxy = await listenLocally();
  try {
    proxy.server.on('request', addToken(server.origin, 'secret'));
    const arrived = once(server.server, 'request');
    const headers = ['Host', 'evil.example.com', 'X-Twice', 'a', 'X-Twice', 'b'];
    const client = request(proxy.origin, {
      method: 'POST',
      path: '/mcp?x=%2f',
      headers: [...headers, 'Transfer-Encoding', 'chunked'],
    });
    const answered = once(client, 'response');
    client.write('first');
    const [req, res] = (await arrived) as [IncomingMessage, ServerResponse];
    expect(req.url).toBe('/mcp?x=%2f');
    const { rawHeaders } = req;
    expect(rawHeaders.slice(0, headers.length)).toEqual(headers);
    expect(rawHeaders.join('\n')).toContain('Authorization\nBearer secret');
    // Neither side has ended: whatever arrives here was not held back.
    expect(String((await once(req, 'data'))[0])).toBe('first');
    res.writeHead(207, ['X-Twice', 'a', 'X-Twice', 'b']).write('early');
    const [answer] = (await answered) as [IncomingMessage];
    expect(answer.statusCode).toBe(207);
    expect(answer.rawHeaders.slice(0, 4)).toEqual(['X-Twice', 'a', 'X-Twice', 'b']);
    expect(String((await once(answer, 'data'))[0])).toBe('early');
    client.destroy();
  } finally {
    await proxy.close();
    await server.close();
  }
});
