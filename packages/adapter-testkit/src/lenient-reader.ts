/**
 * Reads calls as a careless server might. A request must be harmless even for such a server.
 *
 * @module
 */

/** Returns every tool name that a server could read in the body, and other methods on secret names. */
export function readCalls(message: unknown): readonly string[] {
  if (Array.isArray(message)) return message.flatMap(readCalls);
  if (typeof message !== 'object' || message === null) return [];
  const { method, params } = message as { method?: unknown; params?: Record<string, unknown> };
  const verb = fold(method);
  if (verb === 'tools/call') return [fold(Array.isArray(params) ? params[0] : params?.['name'])];
  const about = JSON.stringify(params) ?? '';
  return /audit|secret|admin/i.test(about) ? [`${verb} ${about}`] : [];
}

/** Removes differences of case, white space, compatibility forms and type. */
function fold(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text
    .normalize('NFKC')
    .replaceAll(/[\s\0\u200b]/g, '')
    .toLowerCase();
}
