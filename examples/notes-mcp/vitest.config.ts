import { packageConfig } from '../../vitest.shared.ts';

export default packageConfig('notes-mcp');
