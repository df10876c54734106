/**
 * What a gate was told, for tools that explain it to developers.
 *
 * @module
 */
import type { GateSettings } from './options.js';

/** Kept beside the gate: nothing of it can be reached from the gate itself. */
const settingsByGate = new WeakMap<object, GateSettings>();

export function rememberSettings(gate: object, settings: GateSettings): void {
  settingsByGate.set(gate, settings);
}

/** @throws {@link TypeError} when it is no gate of `createGate` */
export function settingsOf(gate: object): GateSettings {
  const settings = settingsByGate.get(gate);
  if (settings === undefined) throw new TypeError('gate: expected what createGate() returns');
  return settings;
}
