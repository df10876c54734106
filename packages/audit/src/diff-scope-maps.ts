/**
 * The difference of two scope maps, for the person who approves a change of a policy.
 *
 * @module
 */
import { checkScopeMap } from './check-scope-map.js';
import type { Passes, ScopeMap, ScopeMapAccess, ScopeMapGrant, ScopeMapRow } from './types.js';

export interface ScopeMapDiff {
  /** Present if the maps are about different resources. */
  readonly resource?: { readonly before: string; readonly after: string };
  readonly grants: readonly GrantChange[];
  /** In the order of the second map; operations of the first map alone come last. */
  readonly operations: readonly OperationChange[];
}

/** A column that only one of the maps has, or that means another token in each. It is not compared. */
export interface GrantChange {
  readonly name: string;
  readonly before?: ScopeMapGrant;
  readonly after?: ScopeMapGrant;
}

export interface OperationChange extends Pick<
  ScopeMapRow,
  'kind' | 'operation' | 'method' | 'name'
> {
  readonly change: 'added' | 'removed' | 'changed';
  /**
   * `widened` if tokens of the map gain access and none loses any; `narrowed` if tokens lose access and
   * none gains any; `changed` otherwise, also if no token of the map shows a difference.
   */
  readonly effect: 'widened' | 'narrowed' | 'changed';
  /**
   * The rule in words. If the map does not name the operation, this is the rule that applied to it instead;
   * absent if that is not known.
   */
  readonly before?: string;
  /** The same for the second map. */
  readonly after?: string;
  readonly gained: readonly AccessChange[];
  readonly lost: readonly AccessChange[];
}

export interface AccessChange {
  readonly grant: string;
  readonly before: Passes;
  readonly after: Passes;
}

/**
 * Compares two maps that {@link scopeMap} made, also if they were stored as JSON. An operation that only
 * one map names is compared with the default that applies to it in the other map, because removing a rule
 * can open an operation. A rule of `taskRules` is compared with the rule of its tool. If what applies in the other
 * map is unknown, because the row is a route, or because a template may match the operation, the difference has
 * neither a gain nor a loss.
 *
 * @example
 * ```ts
 * const committed = JSON.parse(readFileSync('scope-map.json', 'utf8'));
 * process.stdout.write(formatDiff(diffScopeMaps(committed, scopeMap(gate)), 'markdown'));
 * ```
 * @throws {@link TypeError} for a value that is not a scope map
 * @group Audit
 */
export function diffScopeMaps(before: ScopeMap, after: ScopeMap): ScopeMapDiff {
  checkScopeMap(before, 'before');
  checkScopeMap(after, 'after');
  const grants = diffGrants(before.grants, after.grants);
  const uncompared = new Set(grants.map(({ name }) => name));
  const [old, now] = [index(before), index(after)];
  const changes: (OperationChange | undefined)[] = [
    ...[...now].map(([key, row]) => {
      const was = old.get(key);
      return was === undefined
        ? toChange('added', row, [substitute(row, before), row], uncompared)
        : toChange('changed', row, [was, row], uncompared);
    }),
    ...[...old].map(([key, row]) =>
      now.has(key)
        ? undefined
        : toChange('removed', row, [row, substitute(row, after)], uncompared),
    ),
  ];
  return {
    ...(before.resource !== after.resource && {
      resource: { before: before.resource, after: after.resource },
    }),
    grants,
    operations: changes.filter((change) => change !== undefined),
  };
}

function toChange(
  change: OperationChange['change'],
  { kind, operation, method, name }: ScopeMapRow,
  [before, after]: readonly [ScopeMapRow | undefined, ScopeMapRow | undefined],
  uncompared: ReadonlySet<string>,
): OperationChange | undefined {
  const compared = pairs(before, after).filter(([{ grant }]) => !uncompared.has(grant));
  if (change === 'changed' && isSame(before, after, compared)) return undefined;
  const moves = compared
    .map(([was, is]) => ({ grant: is.grant, before: was.passes, after: is.passes }))
    .filter((move) => move.before !== move.after);
  const gained = moves.filter((move) => RANK[move.after] > RANK[move.before]);
  const lost = moves.filter((move) => RANK[move.after] < RANK[move.before]);
  const oneWay = gained.length > 0 ? 'widened' : 'narrowed';
  return {
    ...{ kind, operation, method },
    ...(name !== undefined && { name }),
    change,
    effect: gained.length > 0 === lost.length > 0 ? 'changed' : oneWay,
    ...(before !== undefined && { before: before.requires }),
    ...(after !== undefined && { after: after.requires }),
    gained,
    lost,
  };
}

const RANK: Readonly<Record<Passes, number>> = { no: 0, depends: 1, yes: 2 };

type Pair = readonly [before: ScopeMapAccess, after: ScopeMapAccess];

/** The cells of the columns that both rows have. */
function pairs(before: ScopeMapRow | undefined, after: ScopeMapRow | undefined): readonly Pair[] {
  const cells = new Map(before?.access.map((cell) => [cell.grant, cell]));
  return (after?.access ?? []).flatMap((cell): Pair[] => {
    const was = cells.get(cell.grant);
    return was === undefined ? [] : [[was, cell]];
  });
}

function isSame(
  before: ScopeMapRow | undefined,
  after: ScopeMapRow | undefined,
  compared: readonly Pair[],
): boolean {
  return (
    before?.requires === after?.requires &&
    isSameList(before?.scopes, after?.scopes) &&
    compared.every(
      ([was, is]) => was.passes === is.passes && isSameList(was.challenge, is.challenge),
    )
  );
}

/**
 * The rule that applies in the other map: of tasks, that of the tool that began them; else the default, unless
 * another row there may match the operation.
 */
function substitute(row: ScopeMapRow, other: ScopeMap): ScopeMapRow | undefined {
  const { otherwise } = row;
  if (row.kind === 'operation' && row.method === 'tasks/*') {
    const tool = { ...row, method: 'tools/call', otherwise: 'otherTools' };
    return index(other).get(keyOf(tool)) ?? substitute(tool, other);
  }
  if (otherwise === undefined || other.rows.some((one) => meets(one, row))) return undefined;
  return other.rows.find(({ kind, method }) => kind === 'default' && method === otherwise);
}

/** Whether some operation may match both rows, by their methods and templates. */
function meets(a: ScopeMapRow, b: ScopeMapRow): boolean {
  if (a.kind !== 'operation' || a.name === undefined || b.name === undefined) return false;
  if (a.otherwise !== b.otherwise || !meetsMethod(a.method, b.method)) return false;
  // Only paths and URIs have templates: a tool that is called `{x}` has a name like any other.
  if (!TEMPLATED.has(a.otherwise)) return a.name === b.name;
  const [left, right] = [a.name.split('/'), b.name.split('/')];
  return (
    left.length === right.length &&
    left.every((part, at) => part === right[at] || isVariable(part) || isVariable(right[at]))
  );
}

const TEMPLATED: ReadonlySet<string | undefined> = new Set(['otherResources', 'otherRoutes']);

/** `*` is every method, and GET covers HEAD. */
function meetsMethod(a: string, b: string): boolean {
  const either = new Set([a, b]);
  return either.size === 1 || either.has('*') || (either.has('GET') && either.has('HEAD'));
}

function isVariable(segment = ''): boolean {
  return /^\{\w+\}$/.test(segment);
}

function diffGrants(
  before: readonly ScopeMapGrant[],
  after: readonly ScopeMapGrant[],
): readonly GrantChange[] {
  const old = new Map(before.map((grant) => [grant.name, grant]));
  const now = new Map(after.map((grant) => [grant.name, grant]));
  return [...new Set([...now.keys(), ...old.keys()])].flatMap((name): GrantChange[] => {
    const [was, is] = [old.get(name), now.get(name)];
    if (was !== undefined && is !== undefined && isSameGrant(was, is)) return [];
    return [{ name, ...(was !== undefined && { before: was }), ...(is && { after: is }) }];
  });
}

/** Whether two columns mean the same token. No token differs from a token without scopes. */
function isSameGrant(a: ScopeMapGrant, b: ScopeMapGrant): boolean {
  if (a.scopes === null || b.scopes === null) return a.scopes === b.scopes;
  return isSameList(a.scopes.toSorted(), b.scopes.toSorted());
}

function isSameList(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((element, at) => element === b[at]);
}

function index({ rows }: ScopeMap): ReadonlyMap<string, ScopeMapRow> {
  return new Map(rows.map((row) => [keyOf(row), row]));
}

function keyOf({ kind, method, name }: Pick<ScopeMapRow, 'kind' | 'method' | 'name'>): string {
  return JSON.stringify([kind, method, name ?? null]);
}
