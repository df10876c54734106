/** A short run of what `npm run fuzz` does for longer, with a seed that stays. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SHAPES } from '../src/bindings/index.js';
import { startFuzzer } from '../src/fuzzer.js';
import type { Fuzzer } from '../src/fuzzer.js';
import { formatFinding } from '../src/report.js';

const SEED = 8;
const REQUESTS = 1500;

const BINDINGS = ['node', 'express', 'fastify', 'hono', 'fetch', 'koa', 'proxy'];

describe.each(BINDINGS)('%s', (binding) => {
  const shapes = SHAPES.filter(({ group }) => group === binding);
  let fuzzer: Fuzzer;
  beforeAll(async () => {
    fuzzer = await startFuzzer(shapes, SEED);
  });
  afterAll(() => fuzzer.close());

  test(
    'what was found before: nothing runs that must not [T133, T134, T135, T136, T137, T139]',
    { timeout: 120_000 },
    async () => {
      await fuzzer.runCorpus();
      expect(fuzzer.findings.map(formatFinding)).toEqual([]);
    },
  );

  test(
    'generated requests: what was authorized is what runs [T133, T134, T135, T136, T137, T139]',
    { timeout: 120_000 },
    async () => {
      let left = Math.ceil((REQUESTS * shapes.length) / SHAPES.length);
      await fuzzer.run(() => left-- <= 0);
      expect(fuzzer.findings.map(formatFinding)).toEqual([]);
      // An oracle that sees nothing run has nothing to say.
      const idle = [...fuzzer.tallies].filter(([, { ran }]) => ran === 0);
      expect(idle).toEqual([]);
    },
  );
});

test('every binding is attacked', () => {
  expect(new Set(SHAPES.map(({ group }) => group))).toEqual(new Set(BINDINGS));
});
