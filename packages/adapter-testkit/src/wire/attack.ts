/**
 * Sends the raw requests of `attacks/requests.json`.
 *
 * @module
 */
import { connect } from 'node:net';

type Body =
  | string
  | { readonly base64: string }
  | { readonly parts: readonly (string | readonly [string, number])[] };

/** See `attacks/README.md`. */
export interface Attack {
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

/**
 * Returns the status of the answer; `undefined` if the connection ended without one, or was silent for 4 seconds.
 */
export async function sendAttack(origin: string, attack: Attack): Promise<number | undefined> {
  const { hostname, port } = new URL(origin);
  const socket = connect({ host: hostname, port: Number(port) });
  const chunks: Buffer[] = [];
  const answered = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('close', () => resolve());
    // A server that refuses early may reset what is still being sent.
    socket.on('error', () => resolve());
    socket.setTimeout(4000, () => {
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

function toBytes(attack: Attack): { head: Buffer; payload: readonly Buffer[] } {
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
