import { defineConfig } from 'vitest/config';

/** Flat, for Stryker: the tests that `scripts/mutation.mjs` names for its rooms, without type tests. */
export default defineConfig({
  plugins: [
    {
      name: 'few-runs',
      enforce: 'pre',
      transform: (code, id) =>
        id.endsWith('.test.ts') ? code.replace(/numRuns: \d{4}/g, 'numRuns: 1500') : undefined,
    },
  ],
  ssr: {
    resolve: { conditions: ['@scopegate/source', 'module', 'node', 'development|production'] },
  },
  test: {
    environment: 'node',
    // Modules are loaded once for all files: to load them takes longer than most tests.
    isolate: false,
    setupFiles: ['scripts/mutation-setup.mjs'],
    include: JSON.parse(process.env['MUTATION_TESTS'] ?? '[]') as string[],
    // Time and chance are no judges of a mutant, so that properties run at most 1,500 times. What never ends,
    // Stryker ends itself. What asks the same in hundreds of cases would be asked again for each mutant.
    testTimeout: 120_000,
    exclude: [
      '**/*.timed.test.ts',
      '**/*flood.test.ts',
      '**/gate/{interplay,negative-controls}.test.ts',
      '**/mcp/{guard-prompt,true-403}.test.ts',
      '**/token/ownership/*influence.test.ts',
      '**/token/ownership/sessions.test.ts',
      '**/*differential*',
      '**/*exhaustive*',
      '**/node_modules/**',
    ],
  },
});
