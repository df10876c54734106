#!/usr/bin/env node
/**
 * Makes docs/reference, or checks that it is what the docstrings say.
 *
 *   node tools/reference/main.mjs           writes it
 *   node tools/reference/main.mjs --check   compares it, exit code 1 if it differs
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Application } from 'typedoc';
import options from './typedoc.mjs';

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log('usage: node tools/reference/main.mjs [--check]');
  process.exit(0);
}

const REFERENCE = fileURLToPath(new URL('../../docs/reference', import.meta.url));
process.chdir(fileURLToPath(new URL('.', import.meta.url)));

const out = values.check ? mkdtempSync(join(tmpdir(), 'reference-')) : REFERENCE;
const app = await Application.bootstrapWithPlugins({ ...options, out });
const project = await app.convert();
if (project === undefined || app.logger.hasErrors()) process.exit(1);
await app.generateOutputs(project);
if (values.check) {
  const differing = differences(out, REFERENCE);
  rmSync(out, { recursive: true });
  for (const file of differing)
    console.log(`docs/reference/${file} is not what the docstrings say`);
  if (differing.length > 0) {
    console.log('Run: node tools/reference/main.mjs');
    process.exit(1);
  }
}

function differences(made, kept) {
  const names = new Set([...pages(made), ...pages(kept)]);
  return [...names].filter((name) => read(made, name) !== read(kept, name)).toSorted();
}

function pages(folder) {
  try {
    return readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.md'));
  } catch {
    return [];
  }
}

function read(folder, name) {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch {
    return undefined;
  }
}
