/**
 * Reads the text and the members of a refusal from its body, because `Refusal` has no other copy of
 * them.
 *
 * @module
 */
import type { Refusal } from '../gate/index.js';
import { ownMember, parseJson } from '../values.js';
import { isJsonObject } from './read-message.js';

/**
 * The error in a refusal's body: a JSON-RPC error for calls that have an id, otherwise an OAuth error
 * (RFC 6750 s3.1).
 */
export interface RefusalBody {
  readonly kind: 'json-rpc' | 'oauth';
  /** The members of the error. */
  readonly members: unknown;
  /** The text for people. */
  readonly text: unknown;
}

export function readRefusalBody({ body }: Pick<Refusal, 'body'>): RefusalBody {
  const members = parseJson(body);
  const error = ownMember(members, 'error');
  return isJsonObject(error)
    ? { kind: 'json-rpc', members: error, text: ownMember(error, 'message') }
    : { kind: 'oauth', members, text: ownMember(members, 'error_description') };
}
