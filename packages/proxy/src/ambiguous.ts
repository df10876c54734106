/**
 * Whether another parser may read another message from the same bytes than the one that was judged.
 *
 * @module
 */
import { isObject, own } from '@scopegate/core/engine';

/** Members that the rule for a message may hang on. */
const NAMES: ReadonlySet<string> = new Set([
  ...['jsonrpc', 'id', 'method', 'params', 'result', 'error'],
  ...['name', 'uri', 'arguments', 'argument', 'ref', 'type', 'taskId', '_meta'],
  ...['notifications', 'resourceSubscriptions', 'io.modelcontextprotocol/protocolVersion'],
]);
const FOLDED: ReadonlySet<string> = new Set([...NAMES].map(fold));

/**
 * Says what is ambiguous in a judged document; `undefined` if nothing is.
 *
 * A member that comes twice: some parsers take the first, some the last (RFC 8259 s4). A member of
 * the protocol in another case: parsers that fill structures, such as Go's, take `Method` for `method`.
 */
export function ambiguityOf(text: string, value: unknown): string | undefined {
  if (colonsIn(text) !== membersIn(value)) return 'A member comes twice';
  const params = own(value, 'params');
  const parts = [value, params, ...['ref', 'notifications', '_meta'].map((n) => own(params, n))];
  return parts.some(hasOtherSpelling) ? 'A member is spelt in another case' : undefined;
}

/** Outside of strings, each stands for a member. */
function colonsIn(text: string): number {
  let count = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) quoted = !quoted;
    else if (code === 0x5c) i++;
    else if (code === 0x3a && !quoted) count++;
  }
  return count;
}

/** The gate has bounded the depth. */
function membersIn(value: unknown): number {
  if (!isObject(value)) return 0;
  const parts = Object.values(value);
  const direct = Array.isArray(value) ? 0 : parts.length;
  return parts.reduce<number>((count, part) => count + membersIn(part), direct);
}

function hasOtherSpelling(part: unknown): boolean {
  if (!isObject(part) || Array.isArray(part)) return false;
  return Object.keys(part).some((name) => !NAMES.has(name) && FOLDED.has(fold(name)));
}

/** Simple case folding also makes `s` of U+017F and `k` of U+212A. */
function fold(name: string): string {
  return name.toUpperCase().toLowerCase();
}
