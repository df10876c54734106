/**
 * Gives functions of other files access to parts of a gate that applications must not use.
 *
 * @module
 */
import type { createErrorLog } from '../observe/index.js';
import type { Auth, Rule } from '../policy/index.js';
import type { Authorizer } from './authorize.js';
import type { GateSettings } from './options.js';
import type { Phases } from './phases.js';
import type { Gate } from './types.js';

export interface Internals {
  /** The half of the gate that authorizes operations. */
  readonly authorizer: Authorizer;
  /** The checked options. */
  readonly settings: GateSettings;
  readonly phasesOf: (rule: Rule | undefined) => Phases;
  /** Makes the log of errors for a package that has an `onError` of its own. */
  readonly createErrorLog: typeof createErrorLog;
}

const internals = new WeakMap<object, Internals>();

/**
 * Returns the internals of a gate.
 *
 * @throws {@link TypeError} that names the caller, if the gate is not one of this copy of the package
 */
export function internalsOf(gate: object, caller: string): Internals {
  const parts = internals.get(gate);
  if (parts !== undefined) return parts;
  throw new TypeError(
    `${caller}: expected what createGate() returns, of the same copy of the package`,
  );
}

/** Stores the internals of a gate; the gate's constructor calls it. */
export function registerInternals(gate: object, parts: Internals): void {
  internals.set(gate, parts);
}

/** Returns the phases for a rule. For an object that wraps a gate, they call the object's methods. */
export function phasesOf(gate: Gate, rule: Rule | undefined): Phases {
  const own = internals.get(gate)?.phasesOf(rule);
  return (
    own ?? {
      decide: (request) => gate.decide(request, rule),
      authenticate: (request) => gate.authenticate(request, rule),
      authorize: (auth, request) => gate.authorize(auth, request, rule),
    }
  );
}

/** Whether the gate reads tokens from another place than `Authorization` (its option `tokenFrom`). */
export function hasTokenSource(gate: object): boolean {
  return internals.get(gate)?.settings.tokenSource !== undefined;
}

/**
 * Whether the operation that `auth` was last authorized for can be evaluated again without a call of the
 * application's functions. Without a token none is called.
 */
export function callsNoFunction(gate: object, auth: Auth | undefined): boolean {
  const authorizer = internals.get(gate)?.authorizer;
  if (authorizer === undefined) return false;
  return auth === undefined || authorizer.authorizedRequestOf(auth)?.matched.rule.dynamic === false;
}

/** The methods whose handlers can be guarded. */
const GUARDED: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);

/** Whether the gate read from the body that the request is one call of a tool, a prompt or a resource. */
export function isGuardedCall(gate: object, auth: Auth): boolean {
  const authorized = internals.get(gate)?.authorizer.authorizedRequestOf(auth);
  if (authorized?.request.method !== 'POST') return false;
  const { protocol, method } = authorized.matched.operation;
  return protocol === 'mcp' && GUARDED.has(method);
}
