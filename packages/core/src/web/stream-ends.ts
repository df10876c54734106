/**
 * The property of a gate that ends answers when the access of their caller ends.
 *
 * @module
 */
import type { Auth } from '../policy/index.js';
import type { StreamEnds } from '../token/index.js';

/** A symbol, so that the property is no part of the gate's interface. */
export const STREAM_ENDS: unique symbol = Symbol('scopegate.stream-ends');

/** A gate; the member is absent without the option `streams`. */
export interface EndsStreams {
  readonly [STREAM_ENDS]?: StreamEnds | undefined;
}

/** Returns the response, with a body that ends with the access of the caller if the gate ends streams. */
export function limitStream(
  gate: EndsStreams,
  auth: Auth | undefined,
  response: Response,
): Response {
  const ends = gate[STREAM_ENDS];
  return ends === undefined || auth === undefined ? response : ends.limit(auth, response);
}
