/**
 * Writes the difference of two scope maps for people, such as the readers of a pull request.
 *
 * @module
 */
import type { AccessChange, OperationChange, ScopeMapDiff } from './diff-scope-maps.js';
import { formatScopes } from './format-scope-map.js';
import { tableFormatOf } from './table-format.js';
import type { TableFormat } from './table-format.js';

/**
 * Writes a difference, with a line end at the end. If nothing changed, the text says so.
 *
 * @example
 * ```ts
 * process.stdout.write(formatDiff(diffScopeMaps(before, after), 'markdown'));
 * ```
 * @throws {@link TypeError} for another format
 * @group Audit
 */
export function formatDiff(diff: ScopeMapDiff, format: 'markdown' | 'text'): string {
  const tableFormat = tableFormatOf(format);
  const { quote, item, table } = tableFormat;
  const { resource, grants, operations } = diff;
  const parts: string[] = [];
  if (resource !== undefined) {
    parts.push(`The resource was ${quote(resource.before)} and is ${quote(resource.after)}.`);
  }
  if (operations.length > 0) {
    parts.push(
      table(
        ['operation', 'change', 'needed', 'needs', 'gain access', 'lose access'],
        operations.map((change) => toCells(change, quote)),
      ),
    );
  }
  if (grants.length > 0) {
    const items = grants.map(({ name, before, after }) => {
      const was =
        before === undefined ? 'was not there' : `was ${formatScopes(before.scopes, quote)}`;
      const is = after === undefined ? 'is not there' : `is ${formatScopes(after.scopes, quote)}`;
      return item(`${quote(name)} ${was} and ${is}`);
    });
    parts.push('Not compared:', items.join('\n'));
  }
  if (parts.length === 0) parts.push('No change of the scope map.');
  return `${parts.join('\n\n')}\n`;
}

function toCells(change: OperationChange, quote: TableFormat['quote']): readonly string[] {
  const { operation, effect, before, after, gained, lost } = change;
  const kind = change.change === 'changed' ? effect : `${change.change}, ${effect}`;
  const words = (text: string | undefined): string => (text === undefined ? '' : quote(text));
  return [
    ...[quote(operation), change.change === effect ? effect : kind],
    ...[words(before), words(after)],
    ...[names(gained, quote), names(lost, quote)],
  ];
}

/** `reader, admin (depends)`: `depends` marks access that the request decides. */
function names(moves: readonly AccessChange[], quote: TableFormat['quote']): string {
  return moves
    .map(({ grant, after }) => quote(grant) + (after === 'depends' ? ' (depends)' : ''))
    .join(', ');
}
