/**
 * Reads an answer that may be one expected JSON-RPC message and nothing else.
 *
 * @module
 */

/** Refusals are short, so longer answers are not read. */
const MAX_LENGTH = 32 * 1024;

/**
 * The JSON-RPC message in the first bytes of an answer, if its result or error is the one expected: a
 * refusal that a tool got from another one and did not pass on must not take the place of its own answer.
 *
 * @param stream - whether an event stream will do: only where a single call was asked for
 */
export function readAnswer(
  bytes: Uint8Array | string,
  stream: boolean,
  expected: object,
): string | undefined {
  if (bytes.length > MAX_LENGTH) return undefined;
  const text = typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes);
  const message = text.startsWith('{') ? text : stream ? onlyEvent(text) : undefined;
  if (message === undefined) return undefined;
  try {
    return holds(JSON.parse(message), expected) ? message : undefined;
  } catch {
    return undefined;
  }
}

/** The data of the one whole event in the text (HTML, server-sent events). */
function onlyEvent(text: string): string | undefined {
  // Each character is matched in one way only.
  const event = /^(?:(?:event|id):[^\n]*\n)*data:([^\n]+)\n\n$/.exec(text);
  return event?.[1];
}

/** Whether `actual` has each member of `expected`. Servers add members of their own. */
function holds(actual: unknown, expected: unknown): boolean {
  if (typeof expected !== 'object' || expected === null) return actual === expected;
  if (typeof actual !== 'object' || actual === null) return false;
  return Object.entries(expected).every(
    ([name, value]) =>
      Object.hasOwn(actual, name) && holds((actual as Record<string, unknown>)[name], value),
  );
}
