/**
 * Finds messages that another parser may read differently from the gate.
 *
 * @module
 */
import { hasRepeatedMember, ownMember } from '@scopegate/core/engine';
import { foldName, isObject } from './member-names.js';

/** Names of members that a rule may read, or that change how a server handles the message. */
const NAMES: ReadonlySet<string> = new Set([
  ...['jsonrpc', 'id', 'method', 'params', 'result', 'error'],
  ...['name', 'uri', 'arguments', 'argument', 'ref', 'type', 'value', 'context', 'taskId', 'task'],
  ...['cursor', 'requestId', 'requestState', 'inputResponses', 'level', '_meta', 'progressToken'],
  ...['protocolVersion', 'capabilities', 'clientInfo', 'notifications', 'resourceSubscriptions'],
  'io.modelcontextprotocol/protocolVersion',
  'io.modelcontextprotocol/clientInfo',
  'io.modelcontextprotocol/clientCapabilities',
  'io.modelcontextprotocol/logLevel',
  'io.modelcontextprotocol/related-task',
]);
const FOLDED: ReadonlySet<string> = new Set([...NAMES].map(foldName));

/** Members of `params` whose own members are defined by the protocol. */
const PARTS = ['ref', 'argument', 'context', 'notifications', 'task', '_meta'] as const;

/**
 * Describes an ambiguity in a document that the gate allowed; `undefined` if there is none. The gate has
 * already refused documents that nest too deep or contain members such as `__proto__`. The function finds
 *
 * - a member that comes twice, of which some parsers take the first and some the last (RFC 8259 s4);
 * - in the message, `params` and its {@link PARTS}: members of the protocol in another case, and members that
 *   differ only in case, since some parsers, such as Go's, read `Method` as `method`;
 * - a name anywhere, or a text in these objects, with NUL, where some parsers stop, or with half of a surrogate
 *   pair, which some parsers replace by U+FFFD.
 */
export function ambiguityOf(text: string, value: unknown): string | undefined {
  if (hasRepeatedMember(text, value)) return 'A member comes twice';
  // Only escapes can write NUL or half of a surrogate pair in JSON that was decoded from UTF-8.
  const isEscaped = text.includes('\\u');
  if (isEscaped && hasUnreadableName(value)) return 'The name of a member is not Unicode text';
  const params = ownMember(value, 'params');
  const parts = [value, params, ...PARTS.map((name) => ownMember(params, name))].filter(isObject);
  if (parts.some(hasOtherSpelling)) return 'A member is spelt in another case';
  return isEscaped && parts.some(hasUnreadableText) ? 'A member is not Unicode text' : undefined;
}

/** Whether a name at any depth is not Unicode text. */
function hasUnreadableName(value: unknown): boolean {
  if (!isObject(value)) return false;
  if (Array.isArray(value)) return value.some(hasUnreadableName);
  return Object.keys(value).some((name) => UNREADABLE.test(name) || hasUnreadableName(value[name]));
}

/** Matches NUL, and a surrogate without its other half. */
const UNREADABLE = /[\0\p{Surrogate}]/u;

function hasOtherSpelling(part: object): boolean {
  if (Array.isArray(part)) return false;
  const seen = new Set<string>();
  for (const name of Object.keys(part)) {
    const folded = foldName(name);
    if (seen.has(folded) || (FOLDED.has(folded) && !NAMES.has(name))) return true;
    seen.add(folded);
  }
  return false;
}

/** Whether a member of the part, or an element of a list in it, is a text that is not Unicode. */
function hasUnreadableText(part: object): boolean {
  return Object.values(part).some((member) =>
    Array.isArray(member) ? member.some(isUnreadable) : isUnreadable(member),
  );
}

function isUnreadable(text: unknown): boolean {
  return typeof text === 'string' && UNREADABLE.test(text);
}
