/** Every link of the pages leads to a file that is there, and to a heading that is there. */
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { blocksOf, proseOf, readPages, root } from './support.js';

/** The links of a page, as written: inline ones, images, definitions, and `href`, `src` of HTML. */
function linksOf(text: string): readonly string[] {
  const prose = proseOf(text).replaceAll(/`[^`\n]*`/g, '');
  const patterns = [
    /\]\(<?([^\s)>]+)>?(?:\s+"[^"]*")?\)/g,
    /^\[[^\]]+\]:\s*(\S+)/gm,
    /\b(?:href|src|srcset)="([^"]+)"/g,
  ];
  return patterns.flatMap((pattern) => [...prose.matchAll(pattern)].map(([, link = '']) => link));
}

/** The anchors that GitHub and package pages give to headings. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of proseOf(text).matchAll(/^#{1,6}\s+(.+)$/gm)) {
    const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = words.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(/\s/g, '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** Absolute links into the repository itself, which package pages need once its address is known. */
async function ownAddress(): Promise<string | undefined> {
  const { repository } = JSON.parse(await readFile(`${root}project.json`, 'utf8')) as {
    readonly repository: string;
  };
  return repository === '' ? undefined : `${repository}/blob/HEAD/`;
}

async function faultOf(page: string, link: string, own?: string): Promise<string | undefined> {
  const isOwn = own !== undefined && link.startsWith(own);
  if (/^[a-z][a-z0-9+.-]*:/i.test(link) && !isOwn) {
    return URL.canParse(link) ? undefined : 'is no URL';
  }
  const [path = '', anchor] = (isOwn ? link.slice(own.length) : link).split('#');
  const target = isOwn ? path : posix.join(posix.dirname(page), path);
  const file = path === '' ? page : target;
  if (file.startsWith('..')) return 'leads out of the repository';
  if (!existsSync(root + file)) return 'leads to nothing';
  if (anchor === undefined || /^L\d/.test(anchor)) return undefined;
  const index = (await stat(root + file)).isDirectory() ? `${file}/README.md` : file;
  const anchors = anchorsOf(await readFile(root + index, 'utf8'));
  return anchors.has(anchor) ? undefined : 'names no heading of that page';
}

test('every link leads somewhere', async () => {
  const own = await ownAddress();
  const faults: string[] = [];
  let count = 0;
  for (const { path, text } of await readPages()) {
    for (const link of linksOf(text)) {
      count += 1;
      const fault = await faultOf(path, link, own);
      if (fault !== undefined) faults.push(`${path}: ${link} ${fault}`);
    }
  }
  expect(faults).toEqual([]);
  expect(count).toBeGreaterThan(100);
});

test.each(['docs/README.md', 'llms.txt'])('%s leads to every page', async (list) => {
  const pages = await readPages();
  const text = pages.find(({ path }) => path === list)?.text ?? '';
  const linked = new Set(
    linksOf(text).map((link) => posix.join(posix.dirname(list), link.split('#')[0] ?? '')),
  );
  const wanted = pages
    .map(({ path }) => path)
    .filter((path) => /^docs\/(?:coming-from\/)?[^/]+\.md$/.test(path) && path !== list);
  expect(wanted.filter((path) => !linked.has(path))).toEqual([]);
  expect(wanted.length).toBeGreaterThan(25);
});

test.each([
  ['README.md', 'docs/no-such-page.md', 'leads to nothing'],
  ['README.md', 'docs/routes.md#no-such-heading', 'names no heading of that page'],
  ['docs/routes.md', '../../elsewhere.md', 'leads out of the repository'],
  ['docs/routes.md', '#no-such-heading', 'names no heading of that page'],
  ['packages/core/README.md', 'https://example.com/r/blob/HEAD/docs/no.md', 'leads to nothing'],
  ['README.md', 'https://', 'is no URL'],
  ['README.md', 'docs/routes.md#behind-a-router', undefined],
  ['packages/core/README.md', 'https://example.com/r/blob/HEAD/docs/routes.md', undefined],
])('a link of %s to %s: %s', async (page, link, fault) => {
  expect(await faultOf(page, link, 'https://example.com/r/blob/HEAD/')).toBe(fault);
});

test('links of every form are found, and none in code', () => {
  const text = [
    ...['[a](one.md) ![b](two.svg "title") <img src="three.svg">', '[c]: four.md', '`[d](no.md)`'],
    ...['```', '[e](no.md)', '```', ''],
  ].join('\n');
  expect(linksOf(text)).toEqual(['one.md', 'two.svg', 'four.md', 'three.svg']);
});

test('the root README has at most 150 lines', async () => {
  const text = await readFile(`${root}README.md`, 'utf8');
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(150);
});

test('JSON in pages is JSON', async () => {
  const faults: string[] = [];
  for (const { path, text } of await readPages()) {
    for (const { language, code, line } of blocksOf(text)) {
      if (language !== 'json') continue;
      try {
        JSON.parse(code);
      } catch {
        faults.push(`${path}:${line}`);
      }
    }
  }
  expect(faults).toEqual([]);
});
