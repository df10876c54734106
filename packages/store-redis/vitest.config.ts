import { packageConfig } from '../../vitest.shared.ts';

const config = packageConfig('redis');

export default {
  ...config,
  // Servers and processes of two files at the same time would make each other late.
  test: { ...config.test, fileParallelism: false },
};
