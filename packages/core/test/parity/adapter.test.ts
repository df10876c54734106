import * as runner from 'vitest';
import { testAdapter } from '../../../adapter-testkit/src/index.js';
import { FETCH } from '../support/fetch-harness.js';
import { NODE } from '../support/node-harness.js';

testAdapter(FETCH, runner);
testAdapter(NODE, runner);
