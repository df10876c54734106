/**
 * Compiles the code of Markdown pages against the packages as they are.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** Returns the blocks of code of a page, in order. The page is named from the root of the repository. */
export async function codeOf(page: string, language = 'ts'): Promise<readonly string[]> {
  const text = await readFile(`${ROOT}${page}`, 'utf8');
  const blocks = text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'));
  return [...blocks].map(([, code = '']) => code);
}

/** Makes a folder beside a test file, so that the dependencies of its package are found. */
export function makeFolder(testFile: string): Promise<string> {
  return mkdtemp(fileURLToPath(new URL('.docs-', testFile)));
}

/** Writes files by their names into a folder. */
export async function writeFiles(
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const entries = Object.entries(files);
  await Promise.all(entries.map(([name, text]) => writeFile(`${folder}/${name}`, text)));
}

/**
 * Compiles all files of a folder and returns what the compiler prints: `''` if it finds nothing.
 *
 * @param packages - entries that the package around the folder does not depend on, such as
 *   `{ '@scopegate/client': 'packages/client/src/index.ts' }`
 */
export async function compileFolder(
  folder: string,
  packages: Readonly<Record<string, string>> = {},
  options: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const paths = Object.entries(packages).map(([name, path]) => [name, [ROOT + path]]);
  const compilerOptions = {
    ...{ noEmit: true, isolatedDeclarations: false, declaration: false, declarationMap: false },
    ...{ types: ['node'], customConditions: ['@scopegate/source'] },
    ...(paths.length > 0 && { paths: Object.fromEntries(paths) as object }),
    ...options,
  };
  const config = { extends: `${ROOT}tsconfig.base.json`, compilerOptions, include: ['*.ts'] };
  await writeFile(`${folder}/tsconfig.json`, JSON.stringify(config));
  const compile = promisify(execFile)(`${ROOT}node_modules/.bin/tsc`, ['-p', folder]);
  const { stdout, stderr } = await compile.catch(
    (error: { readonly stdout: string; readonly stderr: string }) => error,
  );
  return stdout + stderr;
}

/**
 * Compiles files in a folder beside a test file, and returns what the compiler prints: `''` if it finds
 * nothing.
 */
export async function compileFiles(
  testFile: string,
  files: Readonly<Record<string, string>>,
  packages: Readonly<Record<string, string>> = {},
): Promise<string> {
  const folder = await makeFolder(testFile);
  try {
    await writeFiles(folder, files);
    return await compileFolder(folder, packages);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Names blocks of code by their numbers: `page0.ts`, `page1.ts`. */
export function toFiles(blocks: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(blocks.map((code, index) => [`page${index}.ts`, code]));
}
