import { defineProject } from 'vitest/config';
import type { UserWorkspaceConfig } from 'vitest/config';

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
      // A slow machine is no fault of the code; what never ends is stopped all the same.
      testTimeout: 60_000,
      hookTimeout: 60_000,
      typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
    },
  });
}
