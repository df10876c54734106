/**
 * Finds the settings of a gate's ids for the functions that applications call.
 *
 * @module
 */
import { isObject } from '../../values.js';
import type { OriginOperation, OwnershipAuthRecord, OwnershipAuths } from '../index.js';
import type { MintedIds } from './minted-ids.js';

interface OwningGate {
  readonly ids: MintedIds;
  readonly auths: OwnershipAuths;
}

const gates = new WeakMap<object, OwningGate>();

export function registerOwner(gate: object, parts: OwningGate): void {
  gates.set(gate, parts);
}

/** The caller that an `auth` names, and the ids of the gate. */
export interface Caller {
  readonly ids: MintedIds;
  /** Identifies the caller; `undefined` for a token without a subject, which owns nothing. */
  readonly owner: string | undefined;
  /** The operation that the caller was authorized for last. */
  readonly operation: OriginOperation | undefined;
}

/**
 * Returns the caller that an `auth` names.
 *
 * @throws {@link TypeError} for a gate without the option `ownership`, and for an `auth` that it did not make
 */
export function callerOf(gate: object, auth: unknown, caller: string): Caller {
  const parts = isObject(gate) ? gates.get(gate) : undefined;
  if (parts === undefined) {
    throw new TypeError(`${caller}: the gate has no ownership; set createGate({ ownership })`);
  }
  const record = parts.auths.authRecordOf(auth);
  if (record === undefined) {
    throw new TypeError(`${caller}: expected the auth of a request that this gate let through`);
  }
  const { bindingKey } = auth as { readonly bindingKey: string | undefined };
  return { ids: parts.ids, owner: bindingKey, operation: originOf(record) };
}

/**
 * Returns the caller as {@link callerOf} does, who must be able to own something.
 *
 * @throws {@link TypeError} also for a token without a subject
 */
export function owningCallerOf(
  gate: object,
  auth: unknown,
  caller: string,
): Caller & { readonly owner: string } {
  const { owner, ...facts } = callerOf(gate, auth, caller);
  if (owner === undefined) {
    throw new TypeError(`${caller}: the token names no subject, so it can own nothing`);
  }
  return { ...facts, owner };
}

/** Returns method and name; `undefined` for routes of plain HTTP, and if reading the name throws. */
function originOf({ authorized }: OwnershipAuthRecord): OriginOperation | undefined {
  try {
    const { protocol, method, name } = authorized?.matched.operation ?? {};
    if (protocol !== 'mcp' || method === undefined) return undefined;
    return name === undefined ? { method } : { method, name };
  } catch {
    return undefined;
  }
}
