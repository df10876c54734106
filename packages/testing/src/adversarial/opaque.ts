/**
 * Texts that an attacker can make of one opaque token, or of none.
 *
 * @module
 */

export interface OpaqueForgery {
  readonly name: string;
  readonly make: (good: string) => string;
}

export const OPAQUE_FORGERIES: readonly OpaqueForgery[] = [
  { name: 'one character less', make: (good) => good.slice(0, -1) },
  { name: 'one character more', make: (good) => `${good}A` },
  {
    name: 'another last character',
    make: (good) => `${good.slice(0, -1)}${good.endsWith('A') ? 'B' : 'A'}`,
  },
  { name: 'another case', make: swapCase },
  { name: 'the text undefined', make: () => 'undefined' },
  { name: 'the text null', make: () => 'null' },
];

function swapCase(text: string): string {
  return text.replaceAll(/[a-z]/gi, (c) =>
    c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase(),
  );
}
