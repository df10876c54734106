/**
 * Replaces a Web response that contains nothing but the refusal of a guarded MCP handler.
 *
 * @module
 */
import type { Abortable, PendingRefusal, ReplacedResponse } from '../web/index.js';

/**
 * Reads the first bytes of an answer that may be a refusal, and returns the refusal if these bytes are one,
 * otherwise a copy of the response. Other answers are not read, and later bytes are not delayed. If the client
 * disconnects before the first bytes, the copy is returned at once.
 */
export async function replaceResponse(
  pending: PendingRefusal,
  response: Response,
  request: Abortable,
): Promise<ReplacedResponse> {
  if (response.body === null || !mayBeRefusal(response, pending)) return response;
  const { status, statusText, headers } = response;
  const reader = response.body.getReader();
  const first = reader.read();
  const read = await Promise.race([first, aborted(request)]).catch(() => undefined);
  const reply = read?.value && pending.replyFor(read.value);
  if (reply !== undefined) {
    reader.cancel().catch(() => undefined);
    return { reply };
  }
  return new Response(resume(reader, first), { status, statusText, headers });
}

function mayBeRefusal({ status, headers, bodyUsed }: Response, pending: PendingRefusal): boolean {
  if (status !== 200 || bodyUsed) return false;
  const isStream = headers.get('content-type')?.startsWith('text/event-stream') === true;
  return pending.hasArrived || (isStream && pending.mayArrive);
}

function aborted({ signal }: Abortable): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

type Read = ReadableStreamReadResult<Uint8Array>;

/** Returns the whole stream, beginning with the chunk that was already requested. Nothing is read ahead. */
function resume(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  first: Promise<Read>,
): ReadableStream<Uint8Array> {
  let next: Promise<Read> | undefined = first;
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await (next ?? reader.read());
        next = undefined;
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
