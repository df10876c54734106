/** The tables about other libraries say the same on every page: all were written by one run of scripts/peers. */
import { expect, test } from 'vitest';
import { readPages } from './support.js';

/** The answers of each library in a page's table, by question. */
function answersOf(text: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const rows = [...text.matchAll(/^\|(.*)\|$/gm)].map(([, row = '']) =>
    row.split('|').map((cell) => cell.trim()),
  );
  const start = rows.findIndex((cells) => cells.includes('Scopegate'));
  const [, ...libraries] = rows[start] ?? [];
  const answers = new Map<string, Map<string, string>>();
  for (const [question = '', ...cells] of rows.slice(start + 2)) {
    if (cells.length !== libraries.length) break;
    answers.set(question, new Map(libraries.map((name, index) => [name, cells[index] ?? ''])));
  }
  return answers;
}

/** Rows of the README that stand on the pages under a longer name. */
const NAMES: Readonly<Record<string, string>> = {
  '... the 403 names the scope': '... it names the scope',
  'an expired token, with jose as verifier': 'an expired token',
  'a token bound to a key, without its proof': 'a token bound to a key, sent without a proof',
};

test('the README and the pages agree', async () => {
  const pages = await readPages();
  const readme = answersOf(pages.find(({ path }) => path === 'README.md')?.text ?? '');
  const theirs = pages.filter(({ path }) => path.startsWith('docs/coming-from/'));
  expect(theirs).toHaveLength(4);
  let compared = 0;
  for (const { path, text } of theirs) {
    const answers = answersOf(text);
    expect([path, answers.size]).toEqual([path, 17]);
    for (const [question, cells] of readme) {
      for (const [library, answer] of answers.get(NAMES[question] ?? question) ?? []) {
        expect([path, question, library, answer]).toEqual([
          path,
          question,
          library,
          cells.get(library),
        ]);
        compared += 1;
      }
    }
  }
  expect(compared).toBe(63);
});
