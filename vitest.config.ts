import { defineConfig } from 'vitest/config';
import { isFast, timedConfig } from './vitest.shared.ts';

/**
 * What `--mode=fast` leaves out of the adapter testkit: suites that send raw requests or wait for streams,
 * which need most of its time, and the majors before the current one.
 */
const SLOW_SUITES =
  /^(?:(?:Express|Fastify|Hono|Koa|gate\.fetch)\b.*? (?:attacks|paths|connections|clients that go away|hostile headers|sizes|streams|stream readers)[, ]|(?:Express 4|Koa 2)\b)/;

export default defineConfig({
  test: {
    ...(isFast && { testNamePattern: new RegExp(`^(?!${SLOW_SUITES.source.slice(1)})`) }),
    // On two cores the default would be one worker. Tests in which a clock decides run alone, later.
    maxWorkers: '100%',
    projects: isFast ? ['packages/*'] : ['packages/*', 'examples/*', 'fuzz', timedConfig],
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
