import { packageConfig } from '../../vitest.shared.ts';

const config = packageConfig('opentelemetry');

export default {
  ...config,
  // The API's build for bundlers (`module`) is none that Node could import.
  ssr: { resolve: { conditions: ['@scopegate/source', 'node', 'development|production'] } },
};
