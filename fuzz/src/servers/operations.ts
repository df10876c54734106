/**
 * The operations that the servers of both SDKs offer, with handlers that report their runs.
 *
 * @module
 */
import { record } from '../record.js';
import { asNode } from './resources.js';

/** Tools with their arguments, as schemas of whatever zod the server is bound to. */
export function toolSchemas<T>(z: Schemas<T>): Readonly<Record<string, Record<string, T>>> {
  const any = (): T => z.unknown().optional();
  return {
    ...{ read_notes: {}, add_note: { text: any() }, admin_purge: {}, hello: {}, audit: {} },
    ...{ combine: {}, either: {}, read_one: { id: any() }, read_open: { id: any() } },
    ...{ send: { to: any() }, filter: { filter: any() }, pick: { ids: any() } },
  };
}

export function promptSchemas<T>(z: {
  string(): { optional(): T };
}): Readonly<Record<string, Record<string, T>>> {
  return { greet: {}, brief: { topic: z.string().optional() } };
}

interface Schemas<T> {
  unknown(): { optional(): T };
}

/** The SDKs take the first that fits. */
export const TEMPLATES = [
  ...(['notes://{id}', 'file:///docs/{name}', 'db://secrets/{id}', 'db://{table}/{id}'] as const),
];
export const LITERALS = ['notes://hidden', 'notes://x', 'file:///docs/secret.txt'] as const;

export function runTool(name: string, args: unknown): { content: [] } {
  record({ kind: 'tool', name, args });
  return { content: [] };
}

export function runPrompt(name: string, args: unknown): { messages: [] } {
  record({ kind: 'prompt', name, args });
  return { messages: [] };
}

export function readResource(key: string): (uri: URL) => { contents: [] } {
  return ({ href }) => {
    const path = asNode(href);
    if (path !== undefined) record({ kind: 'resource', uri: href, path, key });
    return { contents: [] };
  };
}

export function completeFor(of: string, context: unknown): [] {
  const args = (context as { readonly arguments?: unknown } | undefined)?.arguments;
  record({ kind: 'complete', of, args });
  return [];
}
