import { packageConfig } from '../../vitest.shared.ts';

const config = packageConfig('redis');

export default {
  ...config,
  test: {
    ...config.test,
    // Servers and processes of two files at the same time would make each other late.
    fileParallelism: false,
    // Vitest asks for a group of its own then: these files run after those of all other projects.
    sequence: { groupOrder: 1 },
  },
};
