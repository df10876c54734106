#!/usr/bin/env node
/**
 * What other libraries do with the same requests: installs them in a temporary folder, runs `probe.mjs` there,
 * and prints a table.
 *
 *   node scripts/peers/main.mjs           print the table (build first: npm run build)
 *   node scripts/peers/main.mjs --write   also write it into the pages of docs/coming-from
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSIONS = [
  ...['@modelcontextprotocol/sdk@1.32.2', '@modelcontextprotocol/express@2.0.2'],
  ...['@modelcontextprotocol/server@2.4.0', 'express-oauth2-jwt-bearer@1.10.0'],
  ...['mcp-handler@2.4.0', 'mcp-auth@0.2.0', 'express@5.3.0', 'jose@6', 'zod@4'],
];

const root = fileURLToPath(new URL('../../', import.meta.url));
const ENTRIES = {
  SCOPEGATE_CORE: 'core/dist/index.js',
  SCOPEGATE_JWT: 'core/dist/token/jwt/index.js',
  SCOPEGATE_MCP: 'core/dist/mcp/index.js',
  SCOPEGATE_EXPRESS: 'adapter-express/dist/index.js',
};

/** @typedef {{ libraries: string[], rows: Record<string, string[]> }} Answers */

/** @returns {Answers} */
function probe() {
  const folder = mkdtempSync(join(tmpdir(), 'scopegate-peers-'));
  try {
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--silent', ...VERSIONS], {
      cwd: folder,
    });
    copyFileSync(fileURLToPath(new URL('probe.mjs', import.meta.url)), join(folder, 'probe.mjs'));
    const entries = Object.entries(ENTRIES).map(([name, path]) => [
      name,
      `${root}packages/${path}`,
    ]);
    const env = { ...process.env, ...Object.fromEntries(entries) };
    const printed = execFileSync(process.execPath, ['probe.mjs'], {
      cwd: folder,
      env,
      encoding: 'utf8',
    });
    return JSON.parse(printed.trim().split('\n').at(-1) ?? '');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @param {Answers} answers @param {readonly string[]} shown */
function table({ libraries, rows }, shown) {
  const columns = shown.map((name) => libraries.indexOf(name));
  return [
    ['', ...shown],
    ['---', ...shown.map(() => '---')],
    ...Object.entries(rows).map(([question, given]) => [
      question,
      ...columns.map((at) => given[at]),
    ]),
  ]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

const answers = probe();
console.log(table(answers, answers.libraries));
if (process.argv.includes('--write')) {
  const folder = `${root}docs/coming-from/`;
  for (const name of readdirSync(folder)) {
    const text = readFileSync(folder + name, 'utf8');
    // The table stands behind a comment that names its columns.
    const written = text.replace(
      /(<!-- answers of: (.*?) -->\n)[^]*?(?=\n\n(?!\|)|$)/,
      (_all, mark, columns) => `${mark}\n${table(answers, ['Scopegate', ...columns.split(', ')])}`,
    );
    writeFileSync(folder + name, written);
  }
}
