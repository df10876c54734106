/** Where a page says that a name is of a package, the package exports it. */
import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readPages, root } from './support.js';

/** The text of each entry in api/, by its name, such as `@scopegate/core/jwt`. */
function entries(): ReadonlyMap<string, string> {
  const all = new Map<string, string>();
  for (const file of readdirSync(`${root}api`)) {
    const text = readFileSync(`${root}api/${file}`, 'utf8');
    for (const [, name = '', members = ''] of text.matchAll(
      /^(@scopegate\/[\w/-]+): [^\n]*\n([^]*?)(?=^@scopegate\/|(?![^]))/gm,
    )) {
      all.set(name, members);
    }
  }
  return all;
}

test('every name is exported by the package that a page names', async () => {
  const known = entries();
  expect(known.size).toBeGreaterThan(15);
  const faults: string[] = [];
  let count = 0;
  for (const { path, text } of await readPages()) {
    // Such as: `dpop` of `@scopegate/core/dpop`; `a` and `b` of `@scopegate/audit`.
    for (const [, names = '', entry = ''] of text.matchAll(
      /((?:`\w+(?:\([^`]*\))?`(?:, | and )?)+) (?:of|from) `(@scopegate\/[\w/-]+)`/g,
    )) {
      for (const [, name = ''] of names.matchAll(/`(\w+)/g)) {
        count += 1;
        const members = known.get(entry);
        if (members === undefined || !new RegExp(`\\b${name}\\b`).test(members)) {
          faults.push(`${path}: ${name} is not of ${entry}`);
        }
      }
    }
  }
  expect(faults).toEqual([]);
  expect(count).toBeGreaterThan(25);
});
