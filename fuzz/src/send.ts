/**
 * Sends one request over a bare socket, and reads the answer.
 *
 * @module
 */
import { setTimeout as after } from 'node:timers/promises';
import { Connection } from '../../packages/adapter-testkit/src/wire/raw-http.js';

/** A request as it goes over the wire; bytes that are no UTF-8 as base64. */
export interface FuzzRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: string | { readonly base64: string };
}

/** A request with the place it goes to: all that a replay needs. */
export interface Case {
  readonly shape: string;
  readonly server: string;
  readonly request: FuzzRequest;
}

/** A status, a closed connection, or silence. */
export type Answer = number | 'closed' | 'silent';

/** Milliseconds after which a stream of events is closed; its end is not waited for. */
const STREAM = 100;

export async function send(origin: string, request: FuzzRequest): Promise<Answer> {
  const connection = new Connection(origin);
  try {
    const { method, target, headers, body } = request;
    connection.send({
      ...{ method, target, headers },
      body: typeof body === 'object' ? Buffer.from(body.base64, 'base64') : body,
    });
    const head = await connection.received('\r\n\r\n');
    const status = Number(head.split(' ', 2)[1]);
    const complete = connection.answer(method).then(() => status);
    if (!/^content-type: text\/event-stream/im.test(head)) return await complete;
    return await Promise.race([complete.catch(() => status), after(STREAM, status)]);
  } catch (error) {
    return /no answer/.test(String(error)) ? 'silent' : 'closed';
  } finally {
    connection.close();
  }
}
