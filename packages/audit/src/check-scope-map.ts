/**
 * Checks scope maps that were stored as JSON.
 *
 * @module
 */
import type { Passes } from './types.js';

const PASSES: ReadonlySet<unknown> = new Set<Passes>(['yes', 'no', 'depends']);
const KINDS: ReadonlySet<unknown> = new Set(['operation', 'default', 'route']);

/**
 * Checks a value from a file, which may be anything: a wrong one must not look like a map without changes. Each
 * row needs a cell for every column, because a cell that is missing would hide a change.
 *
 * @throws {@link TypeError} for a value that is not a scope map
 */
export function checkScopeMap(map: unknown, path: string): void {
  const { resource, grants, rows } = membersOf(map);
  const isMap =
    isText(resource) &&
    Array.isArray(grants) &&
    Array.isArray(rows) &&
    grants.every(isGrant) &&
    rows.every((row) => isRow(row, grants));
  if (!isMap) throw new TypeError(`${path}: expected a scope map`);
}

type Members = Readonly<Record<string, unknown>>;

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {};
}

function isGrant(value: unknown): boolean {
  const { name, scopes } = membersOf(value);
  return isText(name) && (scopes === null || isTexts(scopes));
}

function isRow(value: unknown, grants: readonly unknown[]): boolean {
  const { kind, operation, method, name, otherwise, requires, scopes, access } = membersOf(value);
  return (
    KINDS.has(kind) &&
    [operation, method, requires].every(isText) &&
    [name, otherwise].every((text) => text === undefined || isText(text)) &&
    isTexts(scopes) &&
    Array.isArray(access) &&
    access.length === grants.length &&
    access.every((cell, at) => isCell(cell, membersOf(grants[at])['name']))
  );
}

function isCell(value: unknown, name: unknown): boolean {
  const { grant, passes, challenge } = membersOf(value);
  return grant === name && PASSES.has(passes) && (challenge === undefined || isTexts(challenge));
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}
