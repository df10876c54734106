/**
 * Tools whose annotations and scopes contradict each other.
 *
 * @module
 */
import type { Gate } from '@scopegate/core';
import { compileRule } from '@scopegate/core/engine';
import { upperBound } from './bounds.js';
import type { LintFinding, LintOptions, ListedRule } from './types.js';
import { readAnnotations, useOfScope, writesOf } from './writes.js';

/**
 * Reports tools that only read but always need a scope for writing, and operations that write but accept a
 * token that has only scopes for reading. The annotations of a tool say what it does; they are hints, so
 * either they or the rule may be wrong. For a route, the method says it.
 */
export function lintAnnotations<S extends string>(
  gate: Gate<S>,
  rules: readonly ListedRule[],
  { tools, scopeUse }: LintOptions<S>,
): readonly LintFinding[] {
  const uses = readUses(scopeUse ?? {}, gate.scopes.names);
  const annotated = readAnnotations(tools ?? []);
  const useOf = (scope: string): 'reads' | 'writes' | undefined =>
    uses.get(scope) ?? useOfScope(scope);
  return rules.flatMap((listed): readonly LintFinding[] => {
    const writes = writesOf(listed, annotated);
    // A route, prompt or resource that only reads may be meant for writers, so only tools are compared.
    if (writes === undefined || (!writes && listed.method !== 'tools/call')) return [];
    const { alternatives } = compileRule(upperBound(listed.rule.rule), gate.scopes, 'rule');
    const wrong = writes
      ? alternatives.filter((all) => all.length > 0 && all.every((one) => useOf(one) === 'reads'))
      : alternatives.filter((all) => all.some((one) => useOf(one) === 'writes'));
    // For a tool that only reads, one alternative without a scope for writing is enough.
    const isWrong = writes ? wrong.length > 0 : wrong.length === alternatives.length;
    const [first] = wrong;
    return isWrong && first !== undefined ? [findingOf(listed, writes, first.join(' '))] : [];
  });
}

function findingOf(
  { operation, method }: ListedRule,
  writes: boolean,
  scopes: string,
): LintFinding {
  const says = method === 'tools/call' ? 'its annotations say' : 'its method says';
  return {
    code: 'annotation_contradicts_scope',
    severity: 'warning',
    where: operation,
    message: writes
      ? `It writes, as ${says}, and a token with ${scopes} may run it.`
      : `It only reads, as its annotations say, and needs ${scopes}.`,
    howToMend: writes
      ? 'Let it need a scope for writing, or correct the annotations; state in scopeUse what a scope is for if its name misleads.'
      : 'Let it need a scope for reading, or correct the annotations; state in scopeUse what a scope is for if its name misleads.',
  };
}

function readUses(
  given: Readonly<Record<string, unknown>>,
  names: readonly string[],
): ReadonlyMap<string, 'reads' | 'writes'> {
  if (typeof given !== 'object' || given === null) {
    throw new TypeError('scopeUse: expected a record');
  }
  return new Map(
    Object.entries(given).map(([scope, use]) => {
      const path = `scopeUse[${JSON.stringify(scope)}]`;
      if (!names.includes(scope)) throw new TypeError(`${path}: the catalogue does not have it`);
      if (use === 'reads' || use === 'writes') return [scope, use];
      throw new TypeError(`${path}: expected 'reads' or 'writes'`);
    }),
  );
}
