/**
 * Sends the raw requests of the testkit to a guarded server, and an obliging server to stand behind
 * the gate: it runs whatever anybody could read a call into.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createGate, defineScopes, publicAccess } from '../../src/index.js';
import type { Gate } from '../../src/index.js';
import { mcpPolicy } from '../../src/mcp/index.js';

type Body =
  | string
  | { readonly base64: string }
  | { readonly parts: readonly (string | readonly [string, number])[] };

export interface AttackCase {
  readonly name: string;
  readonly ids: readonly string[];
  readonly token: string | null;
  readonly method?: string;
  readonly target?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly body?: Body;
  readonly framing?: 'length' | 'chunked' | 'bytes' | 'none';
  readonly close?: boolean;
  readonly status: readonly number[];
  readonly runs: readonly string[];
}

interface AttackFile {
  readonly tokens: Readonly<Record<string, readonly string[]>>;
  readonly cases: readonly AttackCase[];
}

const file = JSON.parse(
  readFileSync(new URL('../../../adapter-testkit/attacks/requests.json', import.meta.url), 'utf8'),
) as AttackFile;

export const attackCases: readonly AttackCase[] = file.cases;

const scopes = defineScopes({
  'notes:read': {},
  'notes:write': { implies: ['notes:read'] },
  'admin:notes': { implies: ['notes:write'] },
});

/** The gate that the cases are written for; with `open`, beside public operations. */
export function attackedGate({ open = false } = {}): Gate {
  const tokens = new Map(Object.entries(file.tokens));
  return createGate({
    resource: 'https://notes.example.com/mcp',
    authorizationServers: ['https://idp.example.com'],
    verifier: (token) => {
      const granted = tokens.get(token);
      return granted && { scopes: granted, subject: token };
    },
    scopes,
    initialScopes: ['notes:read'],
    bodyTimeout: 300,
    policy: mcpPolicy(scopes, {
      tools: {
        ...{ read_notes: 'notes:read', add_note: 'notes:write', admin_purge: 'admin:notes' },
        ...(open && { hello: publicAccess() }),
      },
      prompts: { summary: 'notes:read', audit: 'admin:notes' },
      resources: { 'notes://all': 'notes:read', 'notes://secret': 'admin:notes' },
      anonymous: open,
    }),
  }) as unknown as Gate;
}

/** Reads calls the way a careless server might, and says which tools it ran. */
export function obligingServer(): {
  readonly run: (body: unknown) => void;
  readonly ran: string[];
} {
  const ran: string[] = [];
  const visit = (message: unknown): void => {
    if (Array.isArray(message)) return message.forEach(visit);
    if (typeof message !== 'object' || message === null) return;
    const { method, params } = message as { method?: unknown; params?: Record<string, unknown> };
    const verb = fold(method);
    const about = JSON.stringify(params) ?? '';
    if (verb === 'tools/call') ran.push(fold(Array.isArray(params) ? params[0] : params?.['name']));
    else if (/audit|secret|admin/i.test(about)) ran.push(`${verb} ${about}`);
  };
  return { run: visit, ran };
}

/** Case, white space, compatibility forms and coercion, all folded away. */
function fold(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text
    .normalize('NFKC')
    .replaceAll(/[\s\0\u200b]/g, '')
    .toLowerCase();
}

/** The status of the answer, or `undefined` if the connection ended without one. */
export async function send(port: number, attack: AttackCase): Promise<number | undefined> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  const answered = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('close', () => resolve());
    // A server that refuses early may reset what is still being sent.
    socket.on('error', () => resolve());
    socket.setTimeout(5000, () => {
      chunks.length = 0;
      socket.destroy();
    });
  });
  const { head, payload } = toBytes(attack);
  socket.write(head);
  for (const part of payload) socket.write(part);
  if (attack.close === true) socket.end();
  await answered;
  const status = /^HTTP\/1\.1 (\d{3})/.exec(Buffer.concat(chunks).toString('latin1'))?.[1];
  return status === undefined ? undefined : Number(status);
}

function toBytes(attack: AttackCase): { head: Buffer; payload: readonly Buffer[] } {
  const body = bodyOf(attack.body);
  const framing = attack.framing ?? (attack.body === undefined ? 'none' : 'length');
  const headers = new Map<string, string | readonly string[] | null>([
    ['Host', 'notes.example.com'],
    ['Connection', 'close'],
    ['Accept', 'application/json, text/event-stream'],
    ...(framing === 'none' ? [] : [['Content-Type', 'application/json'] as const]),
    ...(framing === 'length' ? [['Content-Length', String(body.length)] as const] : []),
    ...(framing === 'chunked' || framing === 'bytes'
      ? [['Transfer-Encoding', 'chunked'] as const]
      : []),
    ...(attack.token === null ? [] : [['Authorization', `Bearer ${attack.token}`] as const]),
    ...Object.entries(attack.headers ?? {}),
  ]);
  const lines = [`${attack.method ?? 'POST'} ${attack.target ?? '/mcp'} HTTP/1.1`];
  for (const [name, value] of headers) {
    if (value === null) continue;
    for (const line of Array.isArray(value) ? value : [value]) lines.push(`${name}: ${line}`);
  }
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return { head, payload: framed(body, framing) };
}

function framed(body: Buffer, framing: string): readonly Buffer[] {
  if (framing === 'none') return [];
  if (framing === 'length') return [body];
  const size = framing === 'bytes' ? 1 : 16_384;
  const parts: Buffer[] = [];
  for (let i = 0; i < body.length; i += size) {
    const part = body.subarray(i, i + size);
    parts.push(Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, CRLF]));
  }
  return [...parts, Buffer.from('0\r\n\r\n')];
}

const CRLF = Buffer.from('\r\n');

function bodyOf(body: Body = ''): Buffer {
  if (typeof body === 'string') return Buffer.from(body);
  if ('base64' in body) return Buffer.from(body.base64, 'base64');
  const parts = body.parts.map((part) =>
    typeof part === 'string' ? part : part[0].repeat(part[1]),
  );
  return Buffer.from(parts.join(''));
}

/** What was wrong with the outcome of a case; `undefined` if it is as it should be. */
export function verdict(
  attack: AttackCase,
  status: number | undefined,
  ran: readonly string[],
  parsedInFront: boolean,
): string | undefined {
  const stray = ran.filter((tool) => !attack.runs.includes(tool));
  if (stray.length > 0) return `ran ${stray.join(', ')}`;
  if (status === undefined) return attack.close === true ? undefined : 'no answer';
  if (status >= 500) return `answered ${status}`;
  // A parser in front may answer first; then only what runs is compared.
  if (parsedInFront) return undefined;
  if (!attack.status.includes(status)) return `answered ${status}, not ${attack.status.join('/')}`;
  const missing = status === 200 ? attack.runs.filter((tool) => !ran.includes(tool)) : [];
  return missing.length > 0 ? `did not run ${missing.join(', ')}` : undefined;
}
