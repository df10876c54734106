/**
 * Encrypts values so that they open for their owner alone (JWE, RFC 7516, through jose).
 *
 * @module
 */
import { EncryptJWT, jwtDecrypt } from 'jose';
import { ownMember } from '../../values.js';
import type { DerivedKey } from './keys.js';
import type { SealedState } from '../index.js';

/** The facts that are sealed with a value, besides those in {@link SealedState}. */
export interface SealContext {
  readonly resource: string;
  readonly owner: string;
  /** The time in milliseconds since the epoch. */
  readonly now: number;
}

const TYPE = 'scopegate-state+jwt';

/** Maximum length of a sealed value that is opened. Longer ones are unknown without being parsed. */
export const MAX_LENGTH: number = 256 * 1024;

/** Matches the five parts of a JWE with direct encryption; the second is empty (RFC 7516 s7.1, RFC 7518 s4.5). */
const FORM = /^([\w-]+)\.\.([\w-]{16})\.([\w-]+)\.([\w-]{21}[AQgw])$/;

export function sealValue(
  { value, kind, maxAge, origin }: SealedState,
  { id, sealing }: DerivedKey,
  { resource, owner, now }: SealContext,
): Promise<string> {
  const seconds = Math.floor(now / 1000);
  return new EncryptJWT({ value, kind, origin })
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: id, typ: TYPE })
    .setAudience(resource)
    .setSubject(owner)
    .setExpirationTime(seconds + maxAge)
    .encrypt(sealing);
}

/** Returns the value; `undefined` unless the text was sealed for this owner, kind and request, and is current. */
export async function unsealValue(
  text: string,
  { kind, origin }: Omit<SealedState, 'value' | 'maxAge'>,
  keys: ReadonlyMap<string, DerivedKey>,
  { resource, owner, now }: SealContext,
): Promise<unknown> {
  if (text.length > MAX_LENGTH || !isCanonical(text)) return undefined;
  try {
    const { payload } = await jwtDecrypt(
      text,
      ({ kid }) => {
        const key = kid === undefined ? undefined : keys.get(kid);
        if (key === undefined) throw new TypeError('unknown key');
        return key.sealing;
      },
      {
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
        ...{ typ: TYPE, audience: resource, subject: owner, requiredClaims: ['exp'] },
        currentDate: new Date(now),
      },
    );
    const isForRequest =
      ownMember(payload, 'kind') === kind && ownMember(payload, 'origin') === origin;
    return isForRequest ? ownMember(payload, 'value') : undefined;
  } catch {
    // Every fault has the same result, so that a caller does not learn the reason.
    return undefined;
  }
}

/** Whether the parts are canonical base64url: decoders ignore unused bits, and accept other spellings. */
function isCanonical(text: string): boolean {
  const ciphertext = FORM.exec(text)?.[3];
  if (ciphertext === undefined) return false;
  switch (ciphertext.length % 4) {
    case 0:
      return true;
    case 2:
      return /[AQgw]$/.test(ciphertext);
    case 3:
      return /[AEIMQUYcgkosw048]$/.test(ciphertext);
    default:
      return false;
  }
}
