/**
 * Seals the ids in a stream of server-sent events (WHATWG HTML s9.2.6), as they arrive.
 *
 * @module
 */
import { UpstreamError } from '../faults.js';

export interface EventSeals {
  /** Maximum number of characters of an event. */
  readonly maxLength: number;
  /** Whether an event of this type is sent. */
  readonly keeps: (event: string) => boolean;
  /** Returns the sealed id, or `undefined` to send the event without an id. Without this function, ids stay. */
  readonly sealId: ((id: string) => Promise<string | undefined>) | undefined;
  readonly sealData: ((data: string) => Promise<string>) | undefined;
}

/** Returns the stream with sealed ids. Each event is sent when it is complete. */
export function sealedEvents(
  body: ReadableStream<Uint8Array>,
  seals: EventSeals,
): ReadableStream<Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let rest = '';
  const transform = new TransformStream<Uint8Array, Uint8Array>({
    async transform(chunk, controller) {
      rest += decoder.decode(chunk, { stream: true });
      for (let end = endOfEvent(rest); end !== undefined; end = endOfEvent(rest)) {
        const event = rest.slice(0, end);
        rest = rest.slice(end);
        controller.enqueue(encoder.encode(await sealEvent(event, seals)));
      }
      if (rest.length > seals.maxLength) {
        throw new UpstreamError('upstream_invalid', 'an event is too long to find its ids');
      }
    },
    // What follows the last empty line is not sent, because it is no event.
  });
  return body.pipeThrough(transform);
}

/**
 * Matches two line ends in a row, of any form. If the LF of the second one comes in a later chunk, it begins the
 * next event as an empty line, which changes nothing.
 */
const END = /(?:\r\n|\n)(?:\r\n?|\n)|\r\r\n?/;

function endOfEvent(text: string): number | undefined {
  const found = END.exec(text);
  return found === null ? undefined : found.index + found[0].length;
}

async function sealEvent(event: string, { keeps, sealId, sealData }: EventSeals): Promise<string> {
  const written: string[] = [];
  const data: string[] = [];
  let isKept = true;
  for (const line of event.split(/\r\n|\n|\r/)) {
    const [name, value] = fieldOf(line);
    if (name === 'event') isKept &&= keeps(value);
    if (name === 'data' && sealData !== undefined) data.push(value);
    else if (name === 'id' && sealId !== undefined && value !== '') {
      const id = await sealId(value);
      if (id !== undefined) written.push(`id: ${id}`);
    } else if (line !== '') written.push(line);
  }
  if (!isKept || written.length + data.length === 0) return '';
  if (sealData !== undefined && data.length > 0) {
    const sealed = await sealData(data.join('\n'));
    written.push(...sealed.split('\n').map((line) => `data: ${line}`));
  }
  return `${written.join('\n')}\n\n`;
}

/** Returns name and value of a field; a comment has the name `''`. */
function fieldOf(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':');
  if (colon === -1) return [line, ''];
  const value = line.slice(colon + 1);
  return [line.slice(0, colon), value.startsWith(' ') ? value.slice(1) : value];
}
