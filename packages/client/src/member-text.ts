/**
 * Members of data that another program wrote.
 *
 * @module
 */
import { own } from '@scopegate/core/engine';

/** Returns an own member of an object if it is a string, else `undefined`. */
export function memberText(value: unknown, name: PropertyKey): string | undefined {
  const member = own(value, name);
  return typeof member === 'string' ? member : undefined;
}
