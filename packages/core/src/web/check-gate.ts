/**
 * Checks that an adapter was given a gate.
 *
 * @module
 */
import { isObject } from '../values.js';

/**
 * Checks a gate when a guard or its metadata is mounted. An object that wraps a gate is accepted, if it has
 * the member that is used.
 *
 * @param member - the method that is called (`route`), or the part that is read (`metadata`)
 * @throws {@link TypeError} that says what came in place of a gate
 */
export function checkGate(gate: unknown, member: 'route' | 'metadata'): void {
  const part: unknown = isObject(gate) ? gate[member] : undefined;
  const method = member === 'route' || !isObject(part) ? part : part['respond'];
  if (typeof method === 'function') return;
  const caller = member === 'route' ? 'protect' : 'resourceMetadata';
  throw new TypeError(
    `${caller}: expected the gate that createGate() returns, not ${describe(gate)}`,
  );
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list: pass each gate as an argument of its own';
  if (typeof value === 'function') return 'a function';
  if (!isObject(value)) return String(value);
  if (typeof value['then'] === 'function') return 'a promise: await it first';
  if ('resource' in value) return 'its options: pass them to createGate() first';
  return 'another object';
}
