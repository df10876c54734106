/** docs/options.md has every option, and none that is not there. */
import { readFile } from 'node:fs/promises';
import { createGate, defineScopes } from '@scopegate/core';
import { introspectionVerifier } from '@scopegate/core/introspection';
import { jwtVerifier } from '@scopegate/core/jwt';
import { mcpPolicy } from '@scopegate/core/mcp';
import { expect, test } from 'vitest';
import { checkCors } from '../../src/gate/cors.js';
import { metadataOptions } from '../../src/metadata/index.js';
import { root } from './support.js';

/** Returns the names that a function asks its options for, whether or not it then throws. */
function askedOf(call: (options: never) => unknown, given: object = {}): ReadonlySet<string> {
  const names = new Set<string>();
  const options = new Proxy(given, {
    getOwnPropertyDescriptor(target, name) {
      if (typeof name === 'string') names.add(name);
      return Reflect.getOwnPropertyDescriptor(target, name);
    },
  });
  try {
    call(options as never);
  } catch {
    // The tables are read in front of the checks of values.
  }
  return names;
}

/** The names in the first column of the tables below a heading, down to the next heading of its rank. */
function rowsOf(page: string, heading: string): ReadonlySet<string> {
  const [, rank = '', section = ''] =
    new RegExp(`^(#+) ${heading}$(.*?)(?=^\\1 |^## |\\Z(?![^]))`, 'ms').exec(`${page}\n## end\n`) ??
    [];
  expect(rank, heading).not.toBe('');
  const own = heading === 'createGate' ? section.split(/^### (?:metadata|cors)$/m)[0] : section;
  const cells = [...String(own).matchAll(/^\| ((?:`\w+`(?:, )?)+) *\|/gm)].map(
    ([, cell = '']) => cell,
  );
  return new Set(
    cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)),
  );
}

const READERS: readonly (readonly [heading: string, asked: () => ReadonlySet<string>])[] = [
  ['createGate', () => askedOf(createGate)],
  ['cors', () => askedOf((options) => checkCors(options))],
  ['mcpPolicy', () => askedOf((options) => mcpPolicy(['a'], options))],
  ['defineScopes', () => askedOf((entry) => defineScopes({ a: entry }))],
  ['jwtVerifier', () => askedOf(jwtVerifier)],
  ['introspectionVerifier', () => askedOf(introspectionVerifier)],
];

test.each(READERS)('%s: the page has each option, and no other', async (heading, asked) => {
  const rows = rowsOf(await readFile(`${root}docs/options.md`, 'utf8'), heading);
  const options = asked();
  expect(options.size).toBeGreaterThan(3);
  expect([...options].filter((name) => !rows.has(name))).toEqual([]);
  expect([...rows].filter((name) => !options.has(name))).toEqual([]);
});

test('metadata: the page has each option, and no other', async () => {
  const rows = rowsOf(await readFile(`${root}docs/options.md`, 'utf8'), 'metadata');
  const elsewhere = /^(?:resource|authorizationServers|dpop.*|tlsClient.*)$/;
  const options = metadataOptions().filter((name) => !elsewhere.test(name));
  expect([...rows].toSorted()).toEqual(options.toSorted());
});
