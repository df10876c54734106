import { packageConfig } from '../../vitest.shared.ts';

export default packageConfig('node-http-adapter');
