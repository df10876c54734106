/** Links of package pages become absolute, and each of them leads to a file that is there. */
import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { absoluteLinks } from '../../../../scripts/checks/readme-links.mjs';
import { readPages, root } from './support.js';

const REPOSITORY = 'https://git.example.com/owner/scopegate';

test.each([
  ['[a](../../docs/rules.md)', `[a](${REPOSITORY}/blob/HEAD/docs/rules.md)`],
  ['[a](vectors)', `[a](${REPOSITORY}/blob/HEAD/packages/core/vectors)`],
  [
    '[a](../../docs/rules.md#order-and-ties)',
    `[a](${REPOSITORY}/blob/HEAD/docs/rules.md#order-and-ties)`,
  ],
  ['![a](../../docs/loop-light.svg)', `![a](${REPOSITORY}/blob/HEAD/docs/loop-light.svg)`],
  ['[a](#here)', '[a](#here)'],
  ['[a](https://www.rfc-editor.org/rfc/rfc6750)', '[a](https://www.rfc-editor.org/rfc/rfc6750)'],
  ['`[a](b.md)`', '`[a](b.md)`'],
  ['```ts\nconst x = [y](z);\n```\n', '```ts\nconst x = [y](z);\n```\n'],
])('%s', (text, expected) => {
  expect(absoluteLinks(text, 'packages/core', REPOSITORY)).toBe(expected);
  expect(absoluteLinks(expected, 'packages/core', REPOSITORY)).toBe(expected);
});

test('no relative link is left in the page of any package', async () => {
  const pages = (await readPages()).filter(({ path }) =>
    /^packages\/[^/]+\/README\.md$/.test(path),
  );
  let count = 0;
  for (const { path, text } of pages) {
    const absolute = absoluteLinks(text, posix.dirname(path), REPOSITORY);
    expect([path, /\]\((?!https:|#)/.test(absolute.replaceAll(/`[^`]*`/g, ''))]).toEqual([
      path,
      false,
    ]);
    for (const [, file = ''] of absolute.matchAll(/blob\/HEAD\/([^)#]+)/g)) {
      expect([path, file, existsSync(root + file)]).toEqual([path, file, true]);
      count += 1;
    }
  }
  expect(count).toBeGreaterThan(20);
});
