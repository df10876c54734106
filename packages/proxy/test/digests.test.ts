/** Headers about the bytes of a body are passed on only with these bytes. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ownGate } from '../../core/test/token/ownership/support.js';
import { callTool, gateFor, startFront, startUpstream } from './support.js';
import type { NotesOptions, Upstream } from './support.js';

const sha256 = (body: string | Buffer): string =>
  createHash('sha256').update(body).digest('base64');

/** RFC 9530 s2 and s3, RFC 3230 s4.3.2 and RFC 1864, which it replaces. */
function digestsOf(body: string | Buffer): Record<string, string> {
  const value = sha256(body);
  return {
    ...{ 'content-digest': `sha-256=:${value}:`, 'repr-digest': `sha-256=:${value}:` },
    ...{ digest: `SHA-256=${value}` },
    'content-md5': createHash('md5').update(body).digest('base64'),
  };
}

const NAMES = Object.keys(digestsOf(''));
const TASK = '{"jsonrpc":"2.0","id":7,"result":{"task":{"taskId":"7","status":"working"}}}';

const startAnswering = (body: string | Buffer, headers = {}): Promise<Upstream> =>
  startUpstream((_req, res) => {
    res.writeHead(200, { 'content-type': 'application/json', ...digestsOf(body), ...headers });
    res.end(body);
  });

describe('answers', () => {
  test('digests of a body that is passed on stay', async () => {
    const { url } = await startFront((await startAnswering(TASK)).url);
    const { headers } = await callTool(url, 'read_notes');
    expect(Object.fromEntries(headers)).toMatchObject(digestsOf(TASK));
  });

  test('digests of a body that was decoded are removed', async () => {
    const upstream = await startAnswering(gzipSync(TASK), { 'content-encoding': 'gzip' });
    const { url } = await startFront(upstream.url);
    const answer = await callTool(url, 'read_notes');
    expect(await answer.text()).toBe(TASK);
    expect(NAMES.filter((name) => answer.headers.has(name))).toEqual([]);
  });

  test('digests of a body whose ids were sealed are removed', async () => {
    const upstream = await startAnswering(TASK);
    const { url } = await startFront(upstream.url, { tasks: 'bind' }, boundGate());
    const answer = await callTool(url, 'read_notes', { headers: ANN });
    expect(await answer.text()).not.toBe(TASK);
    expect(NAMES.filter((name) => answer.headers.has(name))).toEqual([]);
  });
});

describe('requests', () => {
  test('digests stay with a body as it came, and are removed from one whose ids were opened', async () => {
    const upstream = await startAnswering(TASK);
    const options: NotesOptions = { tasks: 'bind' };
    const { url } = await startFront(upstream.url, options, boundGate());
    const begun = '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"read_notes"}}';
    const headers = { ...ANN, ...digestsOf(begun) };
    const answer = await callTool(url, '', { headers, body: begun });
    const { result } = (await answer.json()) as { result: { task: { taskId: string } } };
    expect(upstream.received.at(-1)).toMatchObject({ body: begun, headers: digestsOf(begun) });
    const { taskId } = result.task;
    const named = JSON.stringify({
      jsonrpc: '2.0',
      id: 7,
      method: 'tasks/get',
      params: { taskId },
    });
    await callTool(url, '', { headers: { ...ANN, ...digestsOf(named) }, body: named });
    const { body, headers: sent } = upstream.received.at(-1) ?? {};
    expect(body).toBe(named.replace(taskId, '7'));
    expect(NAMES.filter((name) => sent?.[name] !== undefined)).toEqual([]);
  });
});

const ANN = { authorization: 'Bearer ann/app/notes:read/1' };

function boundGate(): ReturnType<typeof gateFor> {
  return ownGate({ policy: { otherTools: 'notes:read', tasks: 'notes:read' } });
}
