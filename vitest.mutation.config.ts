import { defineConfig } from 'vitest/config';

/** Flat, for Stryker: the rooms it mutates and the tests that speak of them, without type tests. */
export default defineConfig({
  ssr: {
    resolve: { conditions: ['@scopegate/source', 'module', 'node', 'development|production'] },
  },
  test: {
    environment: 'node',
    include: [
      'packages/core/test/{http,scope,challenge,policy,mcp}/**/*.test.ts',
      'packages/core/test/gate/options.test.ts',
    ],
    // Time and chance are no judges of a mutant. What never ends, Stryker ends itself.
    testTimeout: 120_000,
    exclude: [
      '**/linear-time.test.ts',
      '**/*differential*',
      '**/*exhaustive*',
      '**/node_modules/**',
    ],
  },
});
