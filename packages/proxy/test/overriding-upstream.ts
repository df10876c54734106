/**
 * An upstream that takes the method and the path from wherever some server does: headers as CGI names
 * them (Rack, Symfony, ASP.NET), a query, forms of both kinds and JSON (Laravel), a path as Tomcat and
 * Spring clean it.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';
import { ownMember, parseJson } from '../../core/src/values.js';
import { DONE, json, startUpstream } from './support.js';

const HEADERS = ['X_HTTP_METHOD_OVERRIDE', 'X_HTTP_METHOD', 'X_METHOD_OVERRIDE'];
const FIELDS = ['_method', 'x-http-method-override'];

/** `DELETE /mcp/notes`: what it does. */
export function operationOf(req: IncomingMessage, body: string): string {
  const { method = '', url = '/' } = req;
  const [path = '', query = ''] = url.split('?');
  const cgi = new Map(
    Object.entries(req.headers).map(([name, value]) => [
      name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_'),
      String(value),
    ]),
  );
  const overriding = [
    ...HEADERS.map((name) => cgi.get(name)),
    fieldOf(query),
    ...(method === 'POST' ? [bodyMethod(req.headers['content-type'] ?? '', body)] : []),
  ];
  const rewritten = cgi.get('X_ORIGINAL_URL') ?? cgi.get('X_REWRITE_URL') ?? path;
  return `${overriding.find((one) => one !== undefined) ?? method} ${cleaned(rewritten)}`;
}

function bodyMethod(type: string, body: string): string | undefined {
  if (/json/i.test(type)) {
    const method = ownMember(parseJson(body), '_method');
    return typeof method === 'string' ? method : undefined;
  }
  if (/multipart/i.test(type)) {
    const part =
      /name\*?=(?:utf-8'')?["']?(?:_|%5f|\\_)method["']?(?=[\s;])[^]*?\n\r?\n(\w+)/i.exec(body);
    return part?.[1];
  }
  // Rack reads a form where there is no type.
  return type === '' || /urlencoded/i.test(type) ? fieldOf(body) : undefined;
}

/** As PHP and ASP.NET name fields. */
function fieldOf(form: string): string | undefined {
  for (const [name, value] of new URLSearchParams(form.replaceAll(';', '&'))) {
    const read = name.trimStart().toLowerCase().replace(/^[.[]/, '_');
    if (FIELDS.includes(read)) return value;
  }
  return undefined;
}

/** Decoded twice, without parameters, and with dots followed. */
function cleaned(path: string): string {
  let text = path;
  for (let i = 0; i < 2; i++) {
    try {
      text = decodeURIComponent(text);
    } catch {
      // As it is.
    }
  }
  const segments = text.split(/[/\\]/).map((segment) => segment.replace(/;.*/, '').trim());
  return new URL(segments.join('/'), 'http://x').pathname;
}

export async function startOverridingUpstream(): Promise<{ url: string; ran: string[] }> {
  const ran: string[] = [];
  const { url } = await startUpstream((req, res, body) => {
    ran.push(operationOf(req, body));
    json(res, DONE);
  });
  return { url, ran };
}
