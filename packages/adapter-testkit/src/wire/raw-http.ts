/**
 * HTTP/1.1 over a bare socket: what a well-behaved client would not send, and what it would not show.
 *
 * @module
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { HeaderList } from '@scopegate/core';

export interface WireRequest {
  readonly method?: string;
  readonly target?: string;
  /** Field lines in this order; a name may come twice. */
  readonly headers?: HeaderList;
  readonly body?: string | Uint8Array | undefined;
}

export interface Received {
  readonly status: number;
  /** Names in lower case. Lines of one name are joined, so that a second one shows. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Milliseconds to wait: less than the limits of test runners, since this error is more precise than theirs. */
const PATIENCE = 4000;

/** One connection, for as many requests as it lasts. */
export class Connection {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  #ended = false;
  #late = false;
  #wake: () => void = () => {};

  /** Connects to an origin. */
  constructor(origin: string) {
    const { hostname, port } = new URL(origin);
    this.socket = connect({ host: hostname, port: Number(port) });
    this.socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    const end = (): void => {
      this.#ended = true;
      this.#wake();
    };
    this.socket.on('end', end).on('close', end).on('error', end);
  }

  /** Sends a request; `Content-Length` is added if there is a body and nothing else frames it. */
  send(request: WireRequest): void {
    this.write(toBytes(request));
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Waits for one complete answer. Rejects if the connection ends first, or after {@link PATIENCE}. */
  async answer(method = 'GET'): Promise<Received> {
    const parsed = await this.#until(() =>
      parseAnswer(this.#received, { method, ended: this.#ended }),
    );
    this.#received = this.#received.subarray(parsed.length);
    return parsed.answer;
  }

  /** Waits until the text has arrived, without consuming it. Rejects as {@link Connection.answer} does. */
  async received(text: string): Promise<string> {
    return this.#until(() => {
      const all = this.#received.toString('utf8');
      return all.includes(text) ? all : undefined;
    });
  }

  /** Waits until the other side ended the connection. */
  async ended(): Promise<void> {
    await this.#until(() => (this.#ended ? true : undefined));
  }

  async #until<T>(look: () => T | undefined): Promise<T> {
    const deadline = setTimeout(() => {
      this.#late = true;
      this.#wake();
    }, PATIENCE);
    try {
      for (;;) {
        const found = look();
        if (found !== undefined) return found;
        if (this.#ended) throw new Error('the connection ended without an answer');
        if (this.#late) throw new Error(`no answer within ${PATIENCE} ms`);
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(deadline);
    }
  }

  async exchange(request: WireRequest): Promise<Received> {
    this.send(request);
    return this.answer(request.method);
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Sends one request on a new connection. */
export async function exchange(origin: string, request: WireRequest): Promise<Received> {
  const connection = new Connection(origin);
  try {
    return await connection.exchange(request);
  } finally {
    connection.close();
  }
}

function toBytes({ method = 'GET', target = '/', headers = [], body }: WireRequest): Buffer {
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  const bytes = Buffer.from(body ?? '');
  const framed = names.has('content-length') || names.has('transfer-encoding');
  const lines: HeaderList = [
    ...(names.has('host') ? [] : [['Host', 'notes.example.com'] as const]),
    ...headers,
    ...(body === undefined || framed ? [] : [['Content-Length', String(bytes.length)] as const]),
  ];
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.concat([
    Buffer.from(`${method} ${target} HTTP/1.1\r\n${head}\r\n`, 'latin1'),
    bytes,
  ]);
}

interface Parsed {
  readonly answer: Received;
  readonly length: number;
}

function parseAnswer(
  bytes: Buffer,
  { method, ended }: { readonly method: string; readonly ended: boolean },
): Parsed | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const [statusLine = '', ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n');
  const status = Number(statusLine.split(' ')[1]);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers.set(name, headers.has(name) ? `${String(headers.get(name))}, ${value}` : value);
  }
  const content = bytes.subarray(headEnd + 4);
  const body = parseBody(content, headers, {
    ended,
    none: method === 'HEAD' || status === 204 || status === 304,
  });
  if (body === undefined) return undefined;
  const answer = { status, headers, body: body.bytes.toString('utf8') };
  return { answer, length: headEnd + 4 + body.length };
}

function parseBody(
  content: Buffer,
  headers: ReadonlyMap<string, string>,
  { none, ended }: { readonly none: boolean; readonly ended: boolean },
): { readonly bytes: Buffer; readonly length: number } | undefined {
  if (none) return { bytes: Buffer.alloc(0), length: 0 };
  if (headers.get('transfer-encoding') === 'chunked') return parseChunks(content);
  const length = headers.get('content-length');
  if (length === undefined) return ended ? { bytes: content, length: content.length } : undefined;
  if (content.length < Number(length)) return undefined;
  return { bytes: content.subarray(0, Number(length)), length: Number(length) };
}

function parseChunks(content: Buffer): { bytes: Buffer; length: number } | undefined {
  const chunks: Buffer[] = [];
  let offset = 0;
  for (;;) {
    const lineEnd = content.indexOf('\r\n', offset);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(content.subarray(offset, lineEnd).toString('latin1'), 16);
    const start = lineEnd + 2;
    if (content.length < start + size + 2) return undefined;
    chunks.push(content.subarray(start, start + size));
    offset = start + size + 2;
    if (size === 0) return { bytes: Buffer.concat(chunks), length: offset };
  }
}
