/**
 * What a refusal says, read from its bytes. The one place in this room that reads them.
 *
 * @module
 */
import type { Refusal } from '../gate/index.js';
import { parseChallenges } from '../http/index.js';
import { isObject } from './read-message.js';
import { ownMember, parseJson } from '../values.js';

/** The parameters of a Bearer challenge. */
export interface ChallengeFacts {
  readonly error: string | undefined;
  readonly description: string | undefined;
  readonly scopes: readonly string[];
  readonly resourceMetadata: string | undefined;
}

/** The facts of a `WWW-Authenticate` value; `undefined` if its first challenge is not Bearer. */
export function challengeFacts(value: string | undefined): ChallengeFacts | undefined {
  const [challenge] = parseChallenges(value ?? null);
  if (challenge?.scheme !== 'bearer') return undefined;
  const { params } = challenge;
  return {
    error: params.get('error'),
    description: params.get('error_description'),
    scopes: params.get('scope')?.split(' ') ?? [],
    resourceMetadata: params.get('resource_metadata'),
  };
}

/** The values of `WWW-Authenticate`, one for each header line. */
export function challengeValues({ headers }: Pick<Refusal, 'headers'>): readonly string[] {
  return headers
    .filter(([name]) => name.toLowerCase() === 'www-authenticate')
    .map(([, value]) => value);
}

/** What the body says: the members of a JSON-RPC error, or those of an OAuth error. */
export interface BodyFacts {
  readonly kind: 'json-rpc' | 'oauth';
  readonly members: unknown;
  /** The text for people. */
  readonly text: unknown;
}

export function bodyFacts({ body }: Pick<Refusal, 'body'>): BodyFacts {
  const members = parseJson(body);
  const error = ownMember(members, 'error');
  return isObject(error)
    ? { kind: 'json-rpc', members: error, text: ownMember(error, 'message') }
    : { kind: 'oauth', members, text: ownMember(members, 'error_description') };
}
