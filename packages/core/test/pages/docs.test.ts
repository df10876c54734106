/**
 * The TypeScript of all pages compiles, against the packages' own types.
 *
 * A block with imports is a module; one without continues the block in front of it. What a page leaves to its
 * reader (`./notes.js`) has the type `any`, and so do packages that are not installed here (`FOREIGN`).
 */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blocksOf, readPages, root } from './support.js';

/** Pages whose code other tests compile or run, with what it needs. */
const TESTED_ELSEWHERE: ReadonlySet<string> = new Set([
  'docs/audit.md',
  'docs/frameworks.md',
  'docs/providers.md',
]);

/** Packages that pages name and the workspace does not have. */
const FOREIGN: readonly string[] = ['@nestjs/common', '@nestjs/core', 'mcp-handler'];

const compile = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(fileURLToPath(new URL('.pages-', import.meta.url)));
  await linkPackages(`${folder}/node_modules`);
});
afterAll(() => rm(folder, { recursive: true }));

/** Makes every package of the workspace, and every dependency of one, importable from the pages. */
async function linkPackages(modules: string): Promise<void> {
  const homes = ['packages', 'examples', 'fuzz', '.'].flatMap((place) =>
    place === 'packages' || place === 'examples'
      ? readdirSync(root + place).map((name) => `${root}${place}/${name}/node_modules`)
      : [`${root}${place}/node_modules`],
  );
  const links = new Map<string, string>();
  for (const home of homes.filter((path) => existsSync(path))) {
    for (const name of packagesIn(home)) {
      if (!links.has(name)) links.set(name, realpathSync(`${home}/${name}`));
    }
  }
  for (const name of readdirSync(`${root}packages`)) {
    links.set(
      `@scopegate/${name.replace(/^(?:adapter-(?!testkit)|store-)/, '')}`,
      `${root}packages/${name}`,
    );
  }
  for (const [name, target] of links) {
    await mkdir(dirname(`${modules}/${name}`), { recursive: true });
    await symlink(target, `${modules}/${name}`, 'junction');
  }
}

function packagesIn(home: string): readonly string[] {
  return readdirSync(home)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@')
        ? readdirSync(`${home}/${name}`).map((inner) => `${name}/${inner}`)
        : [name],
    );
}

/** What the diffs of pages about other libraries use and do not show. */
const NAMES_OF_DIFFS: Readonly<Record<string, string>> = {
  app: "import('express').Express",
  handler: "import('express').RequestHandler",
  list: '(subject: string | undefined) => readonly string[]',
  registerTools: '() => void',
  resource: 'string',
  issuer: 'string',
};

/** Returns what a diff leaves: the lines that it adds or keeps. */
function newSideOf(diff: string): string {
  const lines = diff.split('\n').filter((line) => !line.startsWith('-'));
  const code = lines.map((line) => line.slice(2)).join('\n');
  const missing = Object.entries(NAMES_OF_DIFFS).filter(
    ([name]) => !new RegExp(`^const ${name}\\b`, 'm').test(code),
  );
  return `${missing.map(([name, type]) => `declare const ${name}: ${type};`).join('\n')}\n${code}`;
}

/** Returns the modules of a page: their names, their code, and the line of the page where they begin. */
function modulesOf(
  path: string,
  text: string,
): readonly { readonly name: string; readonly code: string }[] {
  const modules: { name: string; code: string }[] = [];
  for (const { language, code, line } of blocksOf(text)) {
    if (language === 'diff' && path.startsWith('docs/coming-from/')) {
      modules.push({ name: `line-${line}.ts`, code: newSideOf(code) });
      continue;
    }
    if (!/^tsx?(?: run)?$/.test(language)) continue;
    const last = modules.at(-1);
    if (/^import /m.test(code) || last === undefined) {
      const [, named] = /^\/\/ ([\w.-]+\.tsx?)\b/.exec(code) ?? [];
      const isTaken = modules.some(({ name }) => name === named);
      modules.push({
        name:
          named === undefined || isTaken ? `line-${line}.${language.slice(0, 3).trim()}` : named,
        code,
      });
    } else {
      // In a scope of its own, since pages give the same name to the next variant.
      last.code += `{ // ${path}:${line}\n${code.replaceAll(/^export (?:default )?/gm, '')}}\n`;
    }
  }
  return modules;
}

async function compilePages(pages: readonly { readonly path: string; readonly text: string }[]) {
  let count = 0;
  for (const { path, text } of pages) {
    const place = `${folder}/pages/${path.replace(/\.md$/, '')}`;
    await mkdir(place, { recursive: true });
    for (const { name, code } of modulesOf(path, text)) {
      await writeFile(`${place}/${name}`, `${code}\nexport {};\n`);
      count += 1;
    }
  }
  const ambient = ['*.js', ...FOREIGN].map((name) => `declare module '${name}';`).join('\n');
  await writeFile(`${folder}/pages/yours.d.ts`, ambient);
  const compilerOptions = {
    ...{ noEmit: true, isolatedDeclarations: false, declaration: false, declarationMap: false },
    ...{ types: ['node'], customConditions: ['@scopegate/source'], experimentalDecorators: true },
    ...{ erasableSyntaxOnly: false, noUnusedLocals: false, noUnusedParameters: false },
    ...{ jsx: 'preserve', preserveSymlinks: false },
  };
  const config = { extends: `${root}tsconfig.base.json`, compilerOptions, include: ['pages'] };
  await writeFile(`${folder}/tsconfig.json`, JSON.stringify(config));
  await writeFile(`${folder}/package.json`, JSON.stringify({ type: 'module' }));
  const { stdout } = await compile(
    `${root}node_modules/.bin/tsc`,
    ['-p', folder, '--pretty', 'false'],
    {
      cwd: folder,
      maxBuffer: 2 ** 26,
    },
  ).catch((error: { stdout: string }) => error);
  await rm(`${folder}/pages`, { recursive: true });
  return { stdout, count };
}

test('the code of all pages compiles', async () => {
  const pages = await readPages();
  const { stdout, count } = await compilePages(
    pages.filter(({ path }) => !TESTED_ELSEWHERE.has(path)),
  );
  expect(stdout).toBe('');
  expect(count).toBeGreaterThan(20);
}, 240_000);

test('blocks that print something print what the page says', async () => {
  const shown: string[] = [];
  const printed: string[] = [];
  for (const { path, text } of await readPages()) {
    for (const { language, code, line } of blocksOf(text)) {
      if (language !== 'ts run') continue;
      const comments = /(?:^\/\/ .*\n)+$/m.exec(code)?.[0] ?? '';
      shown.push(`${path}:${line}\n${comments.replaceAll(/^\/\/ /gm, '')}`);
      printed.push(`${path}:${line}\n${await run(code)}`);
    }
  }
  expect(printed).toEqual(shown);
  expect(printed.length).toBeGreaterThan(0);
});

async function run(code: string): Promise<string> {
  await writeFile(`${folder}/block.ts`, code);
  await build({
    ...{ entryPoints: [`${folder}/block.ts`], outfile: `${folder}/block.mjs`, bundle: true },
    ...{ format: 'esm', platform: 'node', conditions: ['@scopegate/source'] },
  });
  const { stdout, stderr } = await compile(process.execPath, [`${folder}/block.mjs`]);
  return stdout + stderr;
}

test('a page with a misspelt option, scope or import fails', async () => {
  const text = `
\`\`\`ts
import { createGate, defineScope } from '@scopegate/core';
import { verifier } from './verifier.js';
createGate({ resource: 'https://a.example', verifier, scopes: ['a'], bodyLimits: 1 });
\`\`\`

\`\`\`ts
createGate({ resource: 'https://a.example', verifier, scopes: ['a'], initialScopes: ['b'] });
\`\`\`
`;
  const { stdout } = await compilePages([{ path: 'docs/wrong.md', text }]);
  expect(stdout).toMatch(/defineScope'/);
  expect(stdout).toMatch(/bodyLimits/);
  expect(stdout).toMatch(/"b"/);
});
