import { defineConfig } from 'vitest/config';

/** Flat, for Stryker: the tests that `scripts/mutation.mjs` names for its rooms, without type tests. */
export default defineConfig({
  ssr: {
    resolve: { conditions: ['@scopegate/source', 'module', 'node', 'development|production'] },
  },
  test: {
    environment: 'node',
    include: JSON.parse(process.env['MUTATION_TESTS'] ?? '[]') as string[],
    // Time and chance are no judges of a mutant. What never ends, Stryker ends itself.
    testTimeout: 120_000,
    exclude: [
      '**/readers.timed.test.ts',
      '**/hostile-headers.timed.test.ts',
      '**/patterns.timed.test.ts',
      '**/flood.test.ts',
      '**/flood.timed.test.ts',
      '**/*differential*',
      '**/*exhaustive*',
      '**/node_modules/**',
    ],
  },
});
