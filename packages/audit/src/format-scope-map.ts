/**
 * Writes a scope map, for people and for files.
 *
 * @module
 */
import { tableFormatOf } from './table-format.js';
import type { TableFormat } from './table-format.js';
import type { ScopeMap, ScopeMapAccess, ScopeMapGrant } from './types.js';
import { visibleJson } from './visible.js';

/**
 * Writes a map: a table in Markdown or plain text, or the data as JSON, with a line end at the end.
 * Names are escaped, so that a tool's name can neither add markup nor hide characters.
 *
 * @example
 * ```ts
 * writeFileSync('scope-map.json', formatScopeMap(scopeMap(gate), 'json'));
 * ```
 * @throws {@link TypeError} for another format
 * @group Audit
 */
export function formatScopeMap(map: ScopeMap, format: 'markdown' | 'text' | 'json'): string {
  if (format === 'json') return `${visibleJson(map)}\n`;
  const tableFormat = tableFormatOf(format);
  const { quote, item, table } = tableFormat;
  const hasKind = map.rows.some(({ writes }) => writes !== undefined);
  const kind = (text: string): readonly string[] => (hasKind ? [text] : []);
  const head = [
    'operation',
    ...kind('kind'),
    'needs',
    ...map.grants.map(({ name }) => quote(name)),
  ];
  const rows = map.rows.map(({ operation, requires, writes, access }) => [
    ...[quote(operation), ...kind(formatWrites(writes)), quote(requires)],
    ...access.map((cell) => formatAccess(cell, tableFormat)),
  ]);
  const legend = map.grants.map((grant) => item(formatGrant(grant, tableFormat)));
  const parts = [`Scope map of ${quote(map.resource)}`, table(head, rows), legend.join('\n')];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function formatWrites(writes: boolean | undefined): string {
  if (writes === undefined) return '';
  return writes ? 'writes' : 'reads';
}

/** `reader: a token with notes:read` */
export function formatGrant({ name, scopes }: ScopeMapGrant, { quote }: TableFormat): string {
  return `${quote(name)}: ${formatScopes(scopes, quote)}`;
}

export function formatScopes(
  scopes: readonly string[] | null,
  quote: TableFormat['quote'],
): string {
  if (scopes === null) return 'no token';
  return scopes.length === 0 ? 'a token without scopes' : `a token with ${quote(scopes.join(' '))}`;
}

/** `yes`, `depends`, `no`, or `no: notes:write` with the scopes of the challenge. */
function formatAccess({ passes, challenge = [] }: ScopeMapAccess, { quote }: TableFormat): string {
  return challenge.length === 0 ? passes : `${passes}: ${quote(challenge.join(' '))}`;
}
