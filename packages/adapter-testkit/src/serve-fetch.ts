/**
 * Puts a Web `fetch` handler behind a socket, so that fetch frameworks run the same suite.
 *
 * @module
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answer, Started } from './harness.js';

/**
 * Serves the handler with real `Request` objects on a free port of the loopback interface.
 *
 * @example
 * ```ts
 * const harness: Harness = { name, start: async (gates, options) => serveFetch(createApp(gates, options).fetch) };
 * ```
 */
export async function serveFetch(
  fetch: (request: Request) => Response | Promise<Response>,
  host: 'localhost' | '127.0.0.1' = 'localhost',
): Promise<Started> {
  const server = createServer((req, res) => {
    answer(fetch, req, res).catch((error: unknown) => res.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * Returns the application's answer as a `Response`. A stream is read one piece at a time.
 *
 * @example
 * ```ts
 * app.all(path, protect(gate, rule), async (c) => toResponse(await application(callOf(c))));
 * ```
 */
export function toResponse({ status, headers, body }: Answer): Response {
  const init = { status, headers: headers as [string, string][] };
  return new Response(typeof body === 'string' ? body : encoded(body), init);
}

function encoded(body: AsyncIterable<string>): ReadableStream<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const next = await iterator.next();
      if (next.done === true) controller.close();
      else controller.enqueue(encoder.encode(next.value));
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}

async function answer(
  fetch: (request: Request) => Response | Promise<Response>,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  const request = toRequest(req, gone.signal);
  // Platforms answer 400 themselves to a request that cannot be a `Request`.
  const response =
    request === undefined ? new Response(null, { status: 400 }) : await fetch(request);
  await write(res, response);
}

function toRequest(req: IncomingMessage, signal: AbortSignal): Request | undefined {
  const { method = 'GET', url = '/', rawHeaders } = req;
  const headers = new Headers();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    headers.append(rawHeaders[i] as string, rawHeaders[i + 1] as string);
  }
  const hasBody = headers.has('transfer-encoding') || Number(headers.get('content-length')) > 0;
  const init = {
    ...{ method, headers, signal, duplex: 'half' },
    ...(hasBody && method !== 'GET' && method !== 'HEAD' && { body: toStream(req) }),
  };
  try {
    return new Request(url.startsWith('/') ? `http://notes.example.com${url}` : url, init);
  } catch {
    return undefined;
  }
}

/** A body that can be left, or half read, without harm to the connection. */
function toStream(req: IncomingMessage): ReadableStream<Uint8Array> {
  const iterator = req.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = (await iterator.next()) as IteratorResult<Uint8Array, undefined>;
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel() {
        await iterator.return?.();
        req.resume();
      },
    },
    { highWaterMark: 0 },
  );
}

async function write(res: ServerResponse, response: Response): Promise<void> {
  res.statusCode = response.status;
  for (const [name, value] of response.headers) res.setHeader(name, value);
  const reader = response.body?.getReader();
  if (reader === undefined) return void res.end();
  res.once('close', () => void reader.cancel().catch(() => undefined));
  res.flushHeaders();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    res.write(value);
  }
  res.end();
}
