import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: ['packages/*', 'examples/*', 'fuzz'],
    reporters: ['default', './scripts/plain-summary.mjs'],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: {
        lines: 95,
        branches: 90,
        // What the project exists for: nothing in there is untested.
        'packages/core/src/{http,scope,challenge,metadata,policy}/**': {
          ...{ lines: 100, branches: 100, functions: 100, statements: 100 },
        },
      },
    },
  },
});
