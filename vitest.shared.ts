import { fileURLToPath } from 'node:url';
import { defineProject } from 'vitest/config';
import type { UserWorkspaceConfig } from 'vitest/config';

/** Whether this is `vitest --mode=fast`. Vitest does not pass the mode on to the projects. */
export const isFast: boolean = process.argv.includes('--mode=fast');

/**
 * Files in which a clock decides. Beside others they would measure those: their load, and their heap,
 * which all files of a worker share.
 */
const TIMED_FILES = '**/*.timed.test.ts';

/**
 * Files that `npm run test:fast` leaves out, which also leaves out {@link TIMED_FILES}, examples and the
 * fuzzer: floods, exhaustive and differential suites, suites that run other suites, whole SDKs or child
 * processes, tests that need a build, and what takes more than two seconds by itself.
 */
const SLOW_FILES = [
  '**/flood.test.ts',
  '**/*exhaustive*.test.ts',
  '**/differential.test.ts',
  'test/scope-errors.test.ts',
  '**/negative-controls.test.ts',
  '**/killed-clients.test.ts',
  '**/hosts.test.ts',
  '**/dist.test.ts',
  '**/size.test.ts',
  '**/test-adapter.test.ts',
  '**/docs.test.ts',
  '**/sender-docs.test.ts',
  '**/mcp-sdk.test.ts',
  '**/real-clients.test.ts',
  '**/check-resource.test.ts',
  '**/true-403.test.ts',
  '**/guard-prompt.test.ts',
  '**/rotation.test.ts',
  '**/identity.test.ts',
  '**/issuer-keys.test.ts',
  '**/uri-names.test.ts',
  '**/uri-readings.test.ts',
  '**/folding.test.ts',
  '**/method-override.test.ts',
  '**/identity-headers.test.ts',
  '**/routers.test.ts',
  '**/forward-auth-proxies.test.ts',
  '**/nginx-streams.test.ts',
  'test/paths.test.ts',
  'test/parity/adapter.test.ts',
  '**/discovery.test.ts',
  '**/signatures.test.ts',
  '**/key-selection.test.ts',
  '**/facts.test.ts',
  '**/thrown-scope-errors.test.ts',
  '**/leaks.test.ts',
  '**/instances.test.ts',
  'test/replay-store.test.ts',
  'test/token-cache.test.ts',
  'test/revocations.test.ts',
  '**/end-to-end.test.ts',
  '**/hostile-ids.test.ts',
  '**/sessions.test.ts',
  '**/influence.test.ts',
  '**/stateless-influence.test.ts',
  '**/server-everything.test.ts',
  '**/stream-readers.test.ts',
  '**/marked-secrets.test.ts',
  '**/set-ups.test.ts',
  'test/exchange/fetch.test.ts',
  'test/exchange/exchange.test.ts',
  'test/gate.test.ts',
  'test/thrown.test.ts',
  'test/hostile.test.ts',
  '**/*.prop.test.ts',
  'test/gate/interplay.test.ts',
  'test/streams.test.ts',
  'test/upstream-tokens.test.ts',
  'test/run.test.ts',
];

/** Tests run from source: the extra export condition finds `src/` of every package of the workspace. */
export function packageConfig(name: string): UserWorkspaceConfig {
  return defineProject({
    ssr: {
      resolve: { conditions: ['@scopegate/source', 'module', 'node', 'development|production'] },
    },
    test: {
      name,
      environment: 'node',
      include: ['test/**/*.test.ts'],
      exclude: ['**/node_modules/**', TIMED_FILES, ...(isFast ? SLOW_FILES : [])],
      // Modules are loaded once for all files. What a file leaves behind fails it.
      isolate: false,
      setupFiles: [fileURLToPath(new URL('vitest.globals.ts', import.meta.url))],
      // A slow machine is not a fault of the code. A test that never ends is stopped.
      testTimeout: 60_000,
      hookTimeout: 60_000,
      typecheck: {
        enabled: !isFast,
        include: ['test/**/*.test-d.ts'],
        tsconfig: './tsconfig.json',
      },
    },
  });
}

const shared = packageConfig('timed');

/** {@link TIMED_FILES} of all packages: behind all other projects, one at a time, each in a process of its own. */
export const timedConfig: UserWorkspaceConfig = {
  ...shared,
  test: {
    ...shared.test,
    include: [`packages/${TIMED_FILES}`],
    exclude: ['**/node_modules/**'],
    isolate: true,
    fileParallelism: false,
    sequence: { groupOrder: 2 },
    typecheck: { enabled: false },
  },
};
