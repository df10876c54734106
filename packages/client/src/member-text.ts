/**
 * Reads members of data that another program wrote.
 *
 * @module
 */
import { ownMember } from '@scopegate/core/engine';

/** Returns an own member of an object if it is a string, else `undefined`. */
export function memberText(value: unknown, name: PropertyKey): string | undefined {
  const member = ownMember(value, name);
  return typeof member === 'string' ? member : undefined;
}
