/**
 * Whether operations and scopes are for reading or for writing.
 *
 * @module
 */
import type { AnnotatedTool, ListedRule, ToolHints } from './types.js';

/** Whether each tool writes, by its annotations; `undefined` if they do not say it. */
export type ToolWrites = ReadonlyMap<string, boolean | undefined>;

/**
 * Reads the annotations of tools. Names without annotations are allowed.
 *
 * @throws {@link TypeError} naming the tool
 */
export function readAnnotations(tools: readonly (string | AnnotatedTool)[]): ToolWrites {
  if (!Array.isArray(tools)) throw new TypeError('tools: expected a list');
  return new Map(
    Array.from<unknown, readonly [string, boolean | undefined]>(tools, (tool, index) => {
      const path = `tools[${index}]`;
      const name = typeof tool === 'string' ? tool : member(tool, 'name');
      if (typeof name !== 'string') throw new TypeError(`${path}: expected a name`);
      const hints = member(tool, 'annotations') ?? {};
      const [reads, destroys] = (['readOnlyHint', 'destructiveHint'] as const).map((hint) =>
        readHint(hints, hint, path),
      );
      // MCP gives `destructiveHint` a meaning only where `readOnlyHint` is false. A tool that says both contradicts
      // itself, and hints prove nothing, so it is deliberately taken as one that writes.
      return [name, destroys === true ? true : reads === undefined ? undefined : !reads];
    }),
  );
}

function readHint(hints: unknown, hint: keyof ToolHints, path: string): boolean | undefined {
  const value = member(hints, hint);
  if (value === undefined || typeof value === 'boolean') return value;
  throw new TypeError(`${path}.annotations.${hint}: expected a boolean`);
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

/**
 * Whether an operation may change data; `undefined` if this is not known. GET and HEAD only read (RFC 9110
 * s9.2.1), as prompts and resources do; a POST may do either.
 */
export function writesOf(listed: ListedRule, tools: ToolWrites): boolean | undefined {
  const { kind, method, name = '' } = listed;
  if (kind === 'default') return undefined;
  if (method === 'tools/call') return tools.get(name);
  if (READING.has(method)) return false;
  return WRITING.has(method) ? true : undefined;
}

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'prompts/get', 'resources/read']);
const WRITING: ReadonlySet<string> = new Set(['DELETE', 'PATCH', 'PUT']);

/** What a scope is for, by a word in its name; `undefined` if its name does not say it, or says both. */
export function useOfScope(scope: string): 'reads' | 'writes' | undefined {
  const words = scope
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/);
  const reads = words.some((word) => READ_WORDS.has(word));
  const writes = words.some((word) => WRITE_WORDS.has(word));
  if (reads === writes) return undefined;
  return reads ? 'reads' : 'writes';
}

const READ_WORDS: ReadonlySet<string> = new Set([
  ...['get', 'list', 'read', 'reader', 'readonly', 'search', 'view'],
]);
const WRITE_WORDS: ReadonlySet<string> = new Set([
  ...['add', 'create', 'delete', 'edit', 'modify', 'purge', 'readwrite', 'remove', 'send'],
  ...['update', 'upload', 'write', 'writer'],
]);
