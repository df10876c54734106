/** Reads the pages for users: README.md, those in docs/, and those of packages and examples. */
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../../../../', import.meta.url));

/** Folders that hold pages, and which of their files are pages. */
const PLACES: readonly (readonly [folder: string, isPage: RegExp])[] = [
  ['.', /^(?:[^/]+\.md|llms\.txt)$/],
  ['docs', /\.md$/],
  ['packages', /^[^/]+\/(?:(?:vectors|attacks)\/)?README\.md$/],
  ['examples', /^(?:[^/]+\/){1,2}README\.md$/],
];

export interface Page {
  /** The path from the root of the repository. */
  readonly path: string;
  readonly text: string;
}

export interface Block {
  /**
   * What stands behind the fence; `ts fragment` is a part of a program that does not compile alone,
   * and `ts run` prints what its last comment says.  */
  readonly language: string;
  readonly code: string;
  /** The line on which the code begins. */
  readonly line: number;
}

/** Returns all pages that people wrote, without those that are made of docstrings. */
export async function readPages(): Promise<readonly Page[]> {
  const paths = PLACES.flatMap(([folder, isPage]) =>
    filesIn(folder).flatMap((name) => {
      const path = folder === '.' ? name : `${folder}/${name}`;
      return isPage.test(name) && !path.startsWith('docs/reference/') ? [path] : [];
    }),
  );
  return Promise.all(
    paths.toSorted().map(async (path) => ({ path, text: await readFile(root + path, 'utf8') })),
  );
}

function filesIn(folder: string, below = ''): readonly string[] {
  // The root and packages are full of other folders, which have no pages.
  const depth = folder === '.' ? 0 : folder === 'packages' ? 2 : 3;
  const entries = readdirSync(root + folder + '/' + below, { withFileTypes: true });
  return entries.flatMap((entry) => {
    const path = below + entry.name;
    if (entry.isFile()) return [path];
    const isDeeper = entry.isDirectory() && path.split('/').length <= depth;
    return isDeeper && entry.name !== 'node_modules' ? filesIn(folder, `${path}/`) : [];
  });
}

/** Returns the fenced code blocks of a page. */
export function blocksOf(text: string): readonly Block[] {
  return [...text.matchAll(/^(`{3,})([^\n`]*)\n(.*?)^\1$/gms)].map(
    ([, , language = '', code = ''], index, all) => {
      const start = all[index]?.index ?? 0;
      return { language, code, line: text.slice(0, start).split('\n').length + 1 };
    },
  );
}

/** Returns the text of a page without fenced code, with as many lines. */
export function proseOf(text: string): string {
  return text.replaceAll(/^(`{3,})([^\n`]*)\n(.*?)^\1$/gms, (code) =>
    code.replaceAll(/[^\n]/g, ''),
  );
}
