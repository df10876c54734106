import * as runner from 'vitest';
import { testAdapter } from '../../../adapter-testkit/src/index.js';
import { FETCH, NODE } from '../support/harness.js';

testAdapter(FETCH, runner);
testAdapter(NODE, runner);
