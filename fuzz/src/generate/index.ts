/**
 * Whole requests, made from a seed.
 *
 * @module
 */
import corpus from '../../corpus.json' with { type: 'json' };
import type { Shape } from '../bindings/shape.js';
import { MOUNT_PATHS } from '../policy.js';
import { readJson, toJson, writeJson } from '../json.js';
import type { Json } from '../json.js';
import type { Random } from '../prng.js';
import type { FuzzRequest } from '../send.js';
import { accept, contentTypes, credentials, extras, wire } from './headers.js';
import type { Line } from './headers.js';
import { operation } from './messages.js';
import { mutate, writeEscaped } from './mutate.js';
import { mcpTarget, routeTarget, verb } from './targets.js';

type Body = NonNullable<FuzzRequest['body']>;

export function generate(shape: Shape, server: string, random: Random): FuzzRequest {
  return shape.kind === 'routes' ? routeRequest(random) : mcpRequest(shape, server, random);
}

function mcpRequest(shape: Shape, server: string, random: Random): FuzzRequest {
  const method = verb(random, 'POST', 20);
  const { json, lines } = message(random);
  const text = random.oneIn(6) ? writeEscaped(json, random) : writeJson(json);
  const body = damaged(text, random);
  const hasBody = method === 'POST' || !random.oneIn(3);
  const framed = hasBody ? frame(body, random) : undefined;
  return {
    ...{ method, target: mcpTarget(random, worldsOf(shape, server)) },
    headers: [
      ...credentials(random),
      ...contentTypes(random),
      ...accept(random),
      ...lines,
      ...extras(random),
      ...(framed?.lines ?? []),
    ],
    ...(framed !== undefined && { body: framed.body }),
  };
}

function worldsOf(shape: Shape, server: string): readonly string[] {
  if (server.startsWith('scopeChallenge')) return ['/inner'];
  return shape.servers === undefined ? WITH_RULES : ['/mcp'];
}

const WITH_RULES = ['/mcp', ...MOUNT_PATHS.filter((mountPath) => mountPath !== '/inner')];

/** One of the corpus, or a new one; changed some times. */
function message(random: Random): { json: Json; lines: readonly Line[] } {
  if (random.oneIn(6)) {
    const json = readJson(random.pick(corpus.bodies));
    const version = random.pick(['2025-06-18', '2025-11-25']);
    const lines: readonly Line[] = random.oneIn(2) ? [] : [['MCP-Protocol-Version', version]];
    return {
      json: changed(json, random.int(3), random),
      lines,
    };
  }
  const { method, params } = operation(random);
  const { version, lines } = wire(
    random,
    method,
    params?.['name'] ?? params?.['uri'] ?? params?.['taskId'],
  );
  const meta = version === '2026-07-28' && {
    _meta: {
      'io.modelcontextprotocol/protocolVersion': version,
      'io.modelcontextprotocol/clientInfo': { name: 'fuzz', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  };
  const id = method.startsWith('notifications/') ? {} : { id: random.pick([1, 'a', 0]) };
  const given = params === undefined && meta === false ? {} : { params: { ...params, ...meta } };
  const json = toJson({ jsonrpc: '2.0', ...id, method, ...given });
  return { json: changed(json, random.pick([0, 0, 1, 1, 1, 2, 3]), random), lines };
}

function changed(json: Json, times: number, random: Random): Json {
  let result = json;
  for (let i = 0; i < times; i++) result = mutate(result, random);
  return result;
}

/** Now and then no JSON, or JSON in another coding. */
function damaged(text: string, random: Random): Body {
  if (!random.oneIn(20)) return text;
  const cut = random.int(text.length + 1);
  switch (random.int(8)) {
    case 0:
      return `\uFEFF${text}`;
    case 1:
      return { base64: Buffer.from(`\uFEFF${text}`, 'utf16le').toString('base64') };
    case 2:
      return { base64: Buffer.from(text, 'utf16le').toString('base64') };
    case 3:
      return text.slice(0, cut);
    case 4:
      return (
        text.slice(0, cut) + random.pick([',', '}', '\u0000', '"', '\n', '//x']) + text.slice(cut)
      );
    case 5:
      return `${text}${random.pick([text, '\n', ' ', '\u0000', '}', ',{}'])}`;
    case 6:
      return { base64: Buffer.concat([Buffer.from(text), Buffer.from([0xff])]).toString('base64') };
    default:
      return { base64: Buffer.from(text.replace('secret', '\u00e9'), 'latin1').toString('base64') };
  }
}

interface Framed {
  readonly lines: readonly Line[];
  readonly body: Body;
}

/** With its length, or in chunks. */
function frame(body: Body, random: Random): Framed {
  if (typeof body !== 'string' || body === '' || !random.oneIn(10)) return { lines: [], body };
  const bytes = Buffer.from(body);
  const cut = 1 + random.int(bytes.length);
  const parts = [bytes.subarray(0, cut), bytes.subarray(cut)].filter(({ length }) => length > 0);
  const chunks = parts.flatMap((part) => [`${part.length.toString(16)}\r\n`, part, '\r\n']);
  const all = Buffer.concat([...chunks, '0\r\n\r\n'].map((part) => Buffer.from(part)));
  return {
    lines: [['Transfer-Encoding', 'chunked']],
    body: { base64: all.toString('base64') },
  };
}

function routeRequest(random: Random): FuzzRequest {
  const method = random.oneIn(2) ? 'GET' : verb(random, random.pick(['POST', 'DELETE', 'PUT']), 3);
  const isForm = random.oneIn(5);
  const type: Line = ['Content-Type', 'application/x-www-form-urlencoded'];
  return {
    ...{ method, target: routeTarget(random) },
    headers: [
      ...credentials(random),
      ...(isForm ? [type] : contentTypes(random)),
      ...extras(random),
    ],
    ...(method !== 'GET' && method !== 'HEAD' && { body: isForm ? random.pick(FORMS) : '{}' }),
  };
}

const FORMS = [
  '_method=DELETE',
  'a=1&_method=delete',
  '%5fmethod=PUT',
  '_method=PUT&_method=DELETE',
  '',
];
