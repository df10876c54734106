/**
 * JSON texts in which an object has a member twice.
 *
 * @module
 */
import { isObject } from '@scopegate/core/engine';

/**
 * Whether a JSON text has a member twice in one object: some readers take the first, some the last
 * (RFC 8259 s4), and `JSON.parse` hides it. Two spellings of one name (`"a"`, `"\u0061"`) are one.
 *
 * @param value - the text, parsed
 */
export function hasRepeatedMember(json: string, value: unknown): boolean {
  return countColons(json) !== countMembers(value);
}

/** Outside of strings, each colon belongs to one member. */
function countColons(json: string): number {
  let count = 0;
  let isInString = false;
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (code === QUOTE) isInString = !isInString;
    else if (code === BACKSLASH) i++;
    else if (code === COLON && !isInString) count++;
  }
  return count;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** Uses a list instead of recursion, because the sender chooses the depth. */
function countMembers(value: unknown): number {
  let count = 0;
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const part = pending.pop();
    if (!isObject(part)) continue;
    const isList = Array.isArray(part);
    const members: readonly unknown[] = isList ? part : Object.values(part);
    if (!isList) count += members.length;
    for (const member of members) if (isObject(member)) pending.push(member);
  }
  return count;
}
