/**
 * Turns conditions and computed rules into a static rule for one request.
 *
 * @module
 */
import { allOf, anyOf, authenticated, deny, isRule } from './rule.js';
import type { RulePart } from './policy.js';
import type { Auth, LoginTime, Rule, RuleContext } from './types.js';

/**
 * Maximum number of computed rules of which each returns the next. Compiling a rule cannot limit this,
 * because it does not call functions.
 */
const MAX_COMPUTED = 16;

/** The facts that all parts of a rule share. */
export interface PartContext extends Pick<RuleContext, 'auth' | 'request'>, LoginTime {
  /** Returns what the rule gets as arguments; if it is absent, the rule gets the arguments themselves. */
  readonly viewArguments?: ((args: unknown, auth: Auth) => unknown) | undefined;
}

/**
 * Resolves the parts of a rule as {@link resolveRule} does, each with its own facts, one after the other.
 * The returned rule holds if all parts hold.
 */
export async function resolveParts(parts: readonly RulePart[], shared: PartContext): Promise<Rule> {
  const { auth, request, viewArguments } = shared;
  const resolved = new Set<Rule>();
  for (const part of parts) {
    // The members are getters, because a fact that is not known must throw when the rule reads it, not here.
    const context: RuleContext = Object.freeze({
      get operation() {
        return part.operation;
      },
      get args() {
        return viewArguments === undefined ? part.args : viewArguments(part.args, auth);
      },
      auth,
      request,
    });
    resolved.add(await resolveRule(part.rule.rule, context, shared));
  }
  const [first, ...others] = [...resolved];
  if (first === undefined) return deny();
  return others.length === 0 ? first : allOf(first, ...others);
}

/**
 * Resolves a rule for a request. It calls the predicates and functions of the rule in their order, one
 * after the other, and each part once, even if the part occurs in several places. If a condition does
 * not hold, the scopes of its rule are left out, so that the answer does not disclose them. A
 * `recentLogin` that is not met stays in the rule, so that the answer can name it.
 *
 * A function or condition that reads a fact which is not known does not hold. The promise rejects if a
 * function or predicate throws, if a function returns no rule, or if each of more than 16 functions returns the
 * next; the caller must then deny the request.
 */
export function resolveRule(rule: Rule, context: RuleContext, time: LoginTime): Promise<Rule> {
  const known = new Map<Rule, Rule>();
  const resolve = async (part: Rule, computed: number): Promise<Rule> => {
    const resolved = known.get(part) ?? (await resolveNew(part, computed));
    known.set(part, resolved);
    return resolved;
  };
  const resolveNew = async (part: Rule, computed: number): Promise<Rule> => {
    if (computed > MAX_COMPUTED) {
      throw new TypeError(`rules computed rules more than ${MAX_COMPUTED} times over`);
    }
    if (typeof part === 'string') return part;
    if (typeof part === 'function') {
      return resolve(asRule(await ask(() => part(context), deny())), computed + 1);
    }
    switch (part.kind) {
      case 'computed':
        return resolve(part.compute, computed);
      case 'where':
        return (await ask(() => part.predicate(context), false)) === true
          ? resolve(part.rule, computed)
          : deny();
      case 'allOf':
      case 'anyOf': {
        const parts: Rule[] = [];
        for (const element of part.rules) parts.push(await resolve(element, computed));
        const [first, ...others] = parts.filter((element) => !isDenial(element));
        if (first === undefined) return deny();
        if (part.kind === 'anyOf') return anyOf(first, ...others);
        return parts.some(isDenial) ? deny() : allOf(first, ...others);
      }
      case 'recentLogin':
        return part.logins.holds(context.auth, part.login, time) ? authenticated() : part;
      case 'authenticated':
      case 'publicAccess':
      case 'deny':
        return part;
    }
  };
  return resolve(rule, 0);
}

/** Thrown when a rule reads a fact that the request does not have. */
class UnknownFact extends Error {
  override readonly name = 'UnknownFact';
}

/**
 * Throws because a fact that a rule reads is not known. The function or condition that reads it does not
 * hold, as if it had returned `deny()` or `false`; other parts of the rule are not affected.
 */
export function unknownFact(what: string): never {
  throw new UnknownFact(`${what} is not known here`);
}

async function ask<T>(question: () => T | Promise<T>, ifUnknown: T): Promise<T> {
  try {
    return await question();
  } catch (error) {
    if (error instanceof UnknownFact) return ifUnknown;
    throw error;
  }
}

function asRule(value: unknown): Rule {
  if (!isRule(value)) throw new TypeError(`a rule function returned ${typeof value}, not a rule`);
  return value;
}

function isDenial(rule: Rule): boolean {
  return typeof rule === 'object' && rule.kind === 'deny';
}
