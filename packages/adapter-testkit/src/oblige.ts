/**
 * Reads calls the way a careless server might: what stands behind a gate must be harmless even then.
 *
 * @module
 */

/** The names of the tools that anybody could read into the body, and other verbs on what is secret. */
export function readCalls(message: unknown): readonly string[] {
  if (Array.isArray(message)) return message.flatMap(readCalls);
  if (typeof message !== 'object' || message === null) return [];
  const { method, params } = message as { method?: unknown; params?: Record<string, unknown> };
  const verb = fold(method);
  if (verb === 'tools/call') return [fold(Array.isArray(params) ? params[0] : params?.['name'])];
  const about = JSON.stringify(params) ?? '';
  return /audit|secret|admin/i.test(about) ? [`${verb} ${about}`] : [];
}

/** Case, white space, compatibility forms and coercion, all folded away. */
function fold(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text
    .normalize('NFKC')
    .replaceAll(/[\s\0\u200b]/g, '')
    .toLowerCase();
}
