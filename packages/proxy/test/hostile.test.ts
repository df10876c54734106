/** An upstream that means no good, or is broken. */
import { describe, expect, test } from 'vitest';
import { ask, callTool, startFront, startRawUpstream, startUpstream } from './support.js';

describe('on the wire', () => {
  test('endless headers: 502', async () => {
    const url = await startRawUpstream((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const flood = (): void => {
        if (!socket.destroyed && socket.write(`x-${'a'.repeat(1000)}: b\r\n`)) setImmediate(flood);
        else socket.once('drain', flood);
      };
      flood();
    });
    const front = await startFront(url);
    expect((await callTool(front.url, 'read_notes')).status).toBe(502);
    expect(front.told).toMatchObject([{ reason: 'upstream_unreachable' }]);
  });

  test('headers that never end: 504', async () => {
    const url = await startRawUpstream((socket) => socket.write('HTTP/1.1 200 OK\r\nx-a: b\r\n'));
    const front = await startFront(url, { headersTimeout: 40 });
    expect((await callTool(front.url, 'read_notes')).status).toBe(504);
  });

  test.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['nothing', ''],
    [
      'a switch of protocols',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
    ],
    ['a status beyond HTTP', 'HTTP/1.1 999 X\r\ncontent-length: 0\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    [
      'length and chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a line break in a header', 'HTTP/1.1 200 OK\r\nx: a\rset-cookie: b\r\n\r\n'],
  ])('%s: 502', async (_what, bytes) => {
    const url = await startRawUpstream((socket) => socket.end(bytes));
    const front = await startFront(url);
    const answer = await ask(front.url, { token: 'reader' });
    expect(answer.status).toBe(502);
    expect(front.told).toHaveLength(1);
  });

  test('informational answers first: the final one is passed on', async () => {
    const url = await startRawUpstream((socket) => {
      socket.end(
        'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
      );
    });
    const front = await startFront(url);
    const answer = await ask(front.url, { token: 'reader' });
    expect([answer.status, await answer.text()]).toEqual([200, 'ok']);
  });

  test('fewer bytes than Content-Length: the client sees that some are missing', async () => {
    const url = await startRawUpstream((socket) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort'),
    );
    const front = await startFront(url);
    await expect(
      ask(front.url, { token: 'reader' }).then((answer) => answer.text()),
    ).rejects.toThrow('terminated');
    await expect.poll(() => front.told).toMatchObject([{ reason: 'upstream_broken' }]);
  });

  test('more bytes than Content-Length: that many bytes, or none', async () => {
    const url = await startRawUpstream((socket) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\nsmuggled'),
    );
    const front = await startFront(url);
    const text = await ask(front.url, { token: 'reader' })
      .then((answer) => answer.text())
      .catch(() => '');
    expect(text === 'ok' || text === '' || text.includes('temporarily_unavailable')).toBe(true);
  });

  test('an answer to a POST that breaks off while its beginning is read: 502', async () => {
    const url = await startRawUpstream((socket) => {
      socket.end(
        'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"jsonrpc"',
      );
    });
    const front = await startFront(url);
    expect((await callTool(front.url, 'read_notes')).status).toBe(502);
    expect(front.told).toMatchObject([{ reason: 'upstream_broken' }]);
  });
});

describe('in the content', () => {
  const SCOPE_ERROR = '"error":{"data":{"error":"insufficient_scope","scope":"notes:write"}}';

  test.each([
    ['with its length', true],
    ['in chunks', false],
  ])('a huge answer %s is neither held back nor changed', async (_how, announced) => {
    const text = `{"jsonrpc":"2.0","id":7,"x":"${'y'.repeat(2_000_000)}",${SCOPE_ERROR}}`;
    const upstream = await startUpstream((_req, res) => {
      res.writeHead(403, {
        'content-type': 'application/json',
        ...(announced && { 'content-length': text.length }),
      });
      res.end(text);
    });
    const front = await startFront(upstream.url);
    const answer = await callTool(front.url, 'read_notes');
    expect(answer.status).toBe(403);
    expect((await answer.text()) === text).toBe(true);
  });

  test('a huge first event is passed on', async () => {
    const event = `data: {"x":"${'y'.repeat(300_000)}",${SCOPE_ERROR}}\n\n`;
    const upstream = await startUpstream((_req, res) =>
      res.writeHead(200, { 'content-type': 'text/event-stream' }).end(event),
    );
    const front = await startFront(upstream.url);
    const answer = await callTool(front.url, 'read_notes');
    expect([answer.status, (await answer.text()) === event]).toEqual([200, true]);
  });

  test('a compressed bomb is not decompressed beyond the limit', async () => {
    const { gzipSync } = await import('node:zlib');
    const bomb = gzipSync(Buffer.alloc(50_000_000, ' '));
    const upstream = await startUpstream((_req, res) => {
      res
        .writeHead(403, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
        .end(bomb);
    });
    const front = await startFront(upstream.url);
    const answer = await callTool(front.url, 'read_notes');
    expect(answer.status).toBe(403);
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    expect((await reader.read()).value?.byteLength).toBeGreaterThan(0);
    await reader.cancel();
  });

  test.each([
    ['deep', '['.repeat(200_000)],
    ['no JSON', '{"error":'],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
    ['empty', ''],
  ])('%s: passed on byte for byte', async (_what, body) => {
    const upstream = await startUpstream((_req, res) =>
      res.writeHead(403, { 'content-type': 'application/json' }).end(body),
    );
    const front = await startFront(upstream.url);
    const answer = await callTool(front.url, 'read_notes');
    expect(answer.status).toBe(403);
    expect(Buffer.from(await answer.arrayBuffer()).equals(Buffer.from(body))).toBe(true);
  });
});
