/** Holds what docs/testing.md says of these files: short, offline, and run under both runners. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

test.each(['notes.test.ts', 'notes.node-test.mjs'])('%s has at most 15 lines', (name) => {
  expect(readFileSync(path(name), 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(15);
});

test(
  'node:test runs its file, from the build, without a network',
  { timeout: 60_000 },
  async () => {
    if (!existsSync(path('../dist/notes.js'))) throw new Error('build first (pnpm run build)');
    // Set by vitest for its own children; node:test would report to it.
    const { NODE_TEST_CONTEXT: _context, VITEST: _vitest, ...env } = process.env;
    const file = path('notes.node-test.mjs');
    const flags = ['--import', path('no-network.mjs'), '--test', '--test-reporter=tap'];
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, file], { env });
    expect(stdout).toMatch(/^# pass 1$/m);
    expect(stdout).toMatch(/^# fail 0$/m);
  },
);
