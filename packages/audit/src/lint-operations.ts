/**
 * Operations without a rule, rules without an operation, and routes outside of the resource.
 *
 * @module
 */
import { evaluate } from '@scopegate/core';
import type { Gate } from '@scopegate/core';
import { internalsOf } from '@scopegate/core/engine';
import type { CompiledRule } from '@scopegate/core/engine';
import { describeFully } from './describe-fully.js';
import type { LintFinding, LintOptions, ListedRule } from './types.js';

/** Checks the operations of a gate, its defaults and its routes. */
export function lintOperations<S extends string>(
  gate: Gate<S>,
  rules: readonly ListedRule[],
  { tools, prompts }: LintOptions<S>,
): readonly LintFinding[] {
  return [
    ...lintNames('tools', tools, rules),
    ...lintNames('prompts', prompts, rules),
    ...rules.flatMap((listed) => lintTaskRule(gate, listed, rules)),
    ...rules.flatMap((listed) => lintDefault(listed)),
    ...rules.flatMap((listed) => lintPath(gate.resource, listed)),
  ];
}

function lintNames(
  option: 'tools' | 'prompts',
  given: LintOptions['tools'],
  rules: readonly ListedRule[],
): readonly LintFinding[] {
  if (given === undefined) return [];
  const { method, otherwise } = NAMED[option];
  const names = new Set(toNames(option, given));
  const own = rules.filter((one) => one.kind === 'operation' && one.method === method);
  const other = rules.find((one) => one.kind === 'default' && one.method === otherwise);
  const rest =
    other === undefined || isDenial(other.rule) ? undefined : describeFully(other.rule.rule);
  const named = new Set(own.map(({ name }) => name));
  return [
    ...[...names]
      .filter((name) => !named.has(name))
      .map((name): LintFinding => ({
        code: 'operation_without_rule',
        severity: rest === undefined ? 'error' : 'warning',
        where: `${method} ${name}`,
        message:
          rest === undefined
            ? `No rule names ${name}, so nobody can use it.`
            : `No rule names ${name}, so it needs what ${otherwise} says: ${rest}.`,
        howToMend: `Give it a rule of its own in ${option}.`,
      })),
    ...own
      .filter(({ name = '' }) => !names.has(name))
      .map(({ operation }): LintFinding => ({
        code: 'rule_without_operation',
        severity: 'warning',
        where: operation,
        message:
          'The server has nothing of this name; the operation that the rule is for may have no rule.',
        howToMend: `Correct the name in ${option}, or remove the rule.`,
      })),
  ];
}

const NAMED = {
  tools: { method: 'tools/call', otherwise: 'otherTools' },
  prompts: { method: 'prompts/get', otherwise: 'otherPrompts' },
} as const;

function toNames(option: string, given: NonNullable<LintOptions['tools']>): readonly string[] {
  if (!Array.isArray(given)) throw new TypeError(`${option}: expected a list`);
  return Array.from<unknown, string>(given, (one, index) => {
    const name =
      typeof one === 'object' && one !== null && Object.hasOwn(one, 'name')
        ? (one as { readonly name: unknown }).name
        : one;
    if (typeof name !== 'string') throw new TypeError(`${option}[${index}]: expected a name`);
    return name;
  });
}

/**
 * Reports entries of `taskRules` that never apply: those of tools that nobody may call, which therefore start no
 * tasks, and all of them at a gate without `ownership`, which applies the rule `tasks` to every task.
 */
function lintTaskRule(
  gate: object,
  { method, name, operation }: ListedRule,
  rules: readonly ListedRule[],
): readonly LintFinding[] {
  if (method !== 'tasks/*') return [];
  const hasOwner = internalsOf(gate, 'lintPolicy').settings.ownership !== undefined;
  const tool = rules.find((one) => one.method === 'tools/call' && one.name === name);
  const other = rules.find((one) => one.kind === 'default' && one.method === 'otherTools');
  const begun = tool ?? other;
  if (hasOwner && begun !== undefined && !isDenial(begun.rule)) return [];
  return [
    {
      code: 'rule_without_operation',
      severity: 'warning',
      where: operation,
      message: hasOwner
        ? `No rule lets anybody call the tool ${name}, so it begins no tasks.`
        : 'The gate has no ownership, so all tasks have the rule `tasks` in the place of this one.',
      howToMend: hasOwner
        ? 'Correct the name in taskRules, or remove the rule.'
        : 'Set createGate({ ownership }), or remove the rule.',
    },
  ];
}

/** Reports defaults such as `otherTools` that need no scope. Handshake, lists and tasks may need none. */
function lintDefault({ kind, operation, method, rule }: ListedRule): readonly LintFinding[] {
  if (kind !== 'default' || !method.startsWith('other')) return [];
  if (!evaluate(rule.rule, []).satisfied) return [];
  return [
    {
      code: 'operation_without_rule',
      severity: rule.isPublic ? 'error' : 'warning',
      where: method,
      message: `${operation} needs no scope (${describeFully(rule.rule)}): new ones without a rule are open.`,
      howToMend: `Leave ${method} out, which denies, or let it need a scope.`,
    },
  ];
}

/** Reports routes outside of the resource: careful clients send no token there (RFC 9728 s7.3, RFC 8707 s2). */
function lintPath(
  resource: string,
  { kind, operation, name, ...row }: ListedRule,
): readonly LintFinding[] {
  const isRoute = kind === 'route' || row.otherwise === 'otherRoutes';
  const base = new URL(resource).pathname.replace(/\/$/, '');
  if (!isRoute || name === undefined || name === base || name.startsWith(`${base}/`)) return [];
  return [
    {
      code: 'route_outside_resource',
      severity: 'warning',
      where: operation,
      message: `${name} is not below ${resource}: careful clients do not send their token there.`,
      howToMend: `Serve it below ${base}, or make it a resource with a gate of its own.`,
    },
  ];
}

/** Whether nobody passes, whatever the token. */
function isDenial({ alternatives, dynamic }: CompiledRule): boolean {
  return alternatives.length === 0 && !dynamic;
}
