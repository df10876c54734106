import { describe, expect, test } from 'vitest';
import { metadataResponder } from '../../src/metadata/index.js';
import type { GateRequest, Reply } from '../../src/index.js';

const PATH = '/.well-known/oauth-protected-resource/mcp';
const ROOT = '/.well-known/oauth-protected-resource';
const text = '{"resource":"https://notes.example.com/mcp","resource_name":"Notizb\u00fccher"}';
const respond = metadataResponder([`https://notes.example.com${PATH}`], () => text);

function request(method: string, url: string, headers: Record<string, string> = {}): GateRequest {
  return { method, url, headers: { get: (name) => headers[name.toLowerCase()] ?? null } };
}

function answer(...parameters: Parameters<typeof request>): Reply {
  return respond(request(...parameters)) as Reply;
}

function header(reply: Reply, name: string): string | undefined {
  const lines = reply.headers.filter(([key]) => key.toLowerCase() === name);
  expect(lines.length).toBeLessThan(2);
  return lines[0]?.[1];
}

describe('the metadata responder answers', () => {
  test('GET with the document [PR-2, PR-9, PR-10, T47]', () => {
    const reply = answer('GET', PATH);
    expect(reply.status).toBe(200);
    expect(reply.body).toBe(text);
    expect(Object.fromEntries(reply.headers)).toEqual({
      'Content-Type': 'application/json',
      'Content-Length': String(Buffer.byteLength(text)),
      'Access-Control-Allow-Origin': '*',
      'Cache-Control': 'public, max-age=3600',
      ETag: expect.stringMatching(/^"[0-9a-z]+-[0-9a-z]+"$/) as string,
    });
    expect(header(reply, 'access-control-allow-credentials')).toBeUndefined();
  });

  test('HEAD with the same headers and no body [PR-10]', () => {
    expect(answer('HEAD', PATH)).toEqual({ ...answer('GET', PATH), body: null });
  });

  test('a preflight with 204 and what may be sent [PR-10]', () => {
    const reply = answer('OPTIONS', PATH);
    expect(reply).toMatchObject({ status: 204, body: null });
    expect(header(reply, 'access-control-allow-origin')).toBe('*');
    expect(header(reply, 'access-control-allow-methods')).toBe('GET, HEAD, OPTIONS');
    expect(header(reply, 'access-control-allow-headers')).toBe('*');
    expect(header(reply, 'access-control-max-age')).toBe('86400');
  });

  test.each([
    ['authorization, MCP-Protocol-Version', 'authorization, MCP-Protocol-Version'],
    ['traceparent,mcp-param-x', 'traceparent,mcp-param-x'],
    ['x\r\nSet-Cookie: a=b', '*'],
    ['x; y', '*'],
    ['', '*'],
  ])(
    'a preflight for the headers %j with %s, since * does not allow Authorization [PR-14]',
    (asked, allowed) => {
      const reply = answer('OPTIONS', PATH, { 'access-control-request-headers': asked });
      expect(header(reply, 'access-control-allow-headers')).toBe(allowed);
    },
  );

  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'get', 'QUERY'])(
    '%s with 405 and what is allowed [PR-10]',
    (method) => {
      const reply = answer(method, PATH);
      expect(reply).toMatchObject({ status: 405, body: null });
      expect(header(reply, 'allow')).toBe('GET, HEAD, OPTIONS');
      expect(header(reply, 'access-control-allow-origin')).toBe('*');
    },
  );

  test.each([
    ['absolute-form, whatever its host [T42]', `http://evil.example${PATH}`],
    ['absolute-form with a port', `https://notes.example.com:443${PATH}`],
  ])('%s', (_, url) => {
    expect(answer('GET', url).body).toBe(text);
  });

  test.each([
    ['another path', `${PATH}/deep`],
    ['the root form', ROOT],
    ['a path that begins alike', `${PATH}x`],
    ['two trailing slashes', `${PATH}//`],
    ['another case', PATH.toUpperCase()],
    ['a query', `${PATH}?x=1`],
    ['an encoded slash', PATH.replace('/mcp', '%2fmcp')],
    ['a double slash', PATH.replace('/mcp', '//mcp')],
    ['the asterisk-form', '*'],
    ['an absolute-form without path', 'https://notes.example.com'],
    ['an absolute-form with a query alone', `https://notes.example.com?x=${PATH}`],
    ['the empty target', ''],
  ])('not for %s [T47]', (_, url) => {
    expect(respond(request('GET', url))).toBeUndefined();
  });

  test('a query that is part of the resource, and only with it [PR-1]', () => {
    const withQuery = metadataResponder([`https://h.example${ROOT}/mcp?t=a`], () => text);
    expect(withQuery(request('GET', `${ROOT}/mcp?t=a`))).toMatchObject({ status: 200 });
    expect(withQuery(request('GET', `${ROOT}/mcp/?t=a`))).toMatchObject({ status: 200 });
    expect(withQuery(request('GET', `${ROOT}/mcp?t=b`))).toBeUndefined();
    expect(withQuery(request('GET', `${ROOT}/mcp?t=a/`))).toBeUndefined();
    expect(withQuery(request('GET', `${ROOT}/mcp`))).toBeUndefined();
  });

  test('one trailing slash more, and no other [PR-14]', () => {
    const targets = [PATH, ROOT, `${ROOT}/x/`, `${ROOT}/x/?t=a`];
    for (const path of targets) {
      const at = metadataResponder([`https://h.example${path}`], () => text);
      const slash = path === PATH || path === ROOT;
      expect(at(request('GET', path))).toMatchObject({ status: 200 });
      expect(at(request('GET', `${path}/`)) !== undefined, path).toBe(slash);
      expect(at(request('GET', `${path}//`))).toBeUndefined();
    }
  });

  test('several targets, among them a host without path', () => {
    const both = metadataResponder(
      [`https://h.example${PATH}`, `https://h.example${ROOT}`],
      () => text,
    );
    expect(both(request('GET', PATH))).toMatchObject({ status: 200 });
    expect(both(request('GET', ROOT))).toMatchObject({ status: 200 });
  });

  test('after waiting for a document that is still being signed', async () => {
    const later = metadataResponder([`https://h.example${PATH}`], () => Promise.resolve(text));
    await expect(later(request('GET', PATH))).resolves.toEqual(answer('GET', PATH));
  });
});

describe('revalidation', () => {
  const etag = header(answer('GET', PATH), 'etag') ?? '';

  test.each([
    ['the tag', etag],
    ['the tag, weak', `W/${etag}`],
    ['the tag among others', `"x", ${etag} , "y"`],
    ['any', '*'],
  ])('304 for %s, without body and with the tag', (_, tag) => {
    for (const method of ['GET', 'HEAD']) {
      const reply = answer(method, PATH, { 'if-none-match': tag });
      expect(reply).toMatchObject({ status: 304, body: null });
      expect(header(reply, 'etag')).toBe(etag);
      expect(header(reply, 'cache-control')).toBe('public, max-age=3600');
      expect(header(reply, 'access-control-allow-origin')).toBe('*');
      expect(header(reply, 'content-length')).toBeUndefined();
    }
  });

  test.each([
    ['another tag', '"x"'],
    ['the tag without quotes', etag.slice(1, -1)],
    ['a tag that has W/ inside and is the tag without it', `"W/${etag.slice(1)}`],
    ['nothing', ''],
  ])('200 for %s', (_, tag) => {
    expect(answer('GET', PATH, { 'if-none-match': tag }).status).toBe(200);
  });

  test('another document has another tag', () => {
    const tags = ['{}', '{ }', '{"a":1}', '{"a":2}', '{"b":1}'].map((other) =>
      header(metadataResponder([PATH], () => other)(request('GET', PATH)) as Reply, 'etag'),
    );
    expect(new Set([...tags, etag]).size).toBe(6);
  });
});
