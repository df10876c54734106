/** An adapter binds: what is not the glue of its framework belongs into the guards of core. */
import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';

const ROOT = new URL('../../..', import.meta.url).pathname;

const LIMITS = [
  ['packages/adapter-express', 50],
  // Its hooks have types that fit every server, logger and type provider; it has three forms.
  ['packages/adapter-fastify', 80],
  ['packages/adapter-hono', 50],
  ['packages/adapter-koa', 50],
  ['examples/node-http-adapter', 20],
] as const;

test.each(LIMITS)('%s: at most %d lines of code', (name, limit) => {
  const lines = readdirSync(`${ROOT}/${name}/src`)
    .map((file) => codeLines(readFileSync(`${ROOT}/${name}/src/${file}`, 'utf8')))
    .reduce((sum, count) => sum + count, 0);
  expect(lines).toBeGreaterThan(10);
  expect(lines).toBeLessThanOrEqual(limit);
});

/** Lines that are neither empty nor part of a comment or an import. */
function codeLines(source: string): number {
  const code = source
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/^import\b[^;]*;/gm, '');
  return code.split('\n').filter((line) => line.trim() !== '').length;
}
