import { testAdapter } from '@scopegate/adapter-testkit';
import * as runner from 'vitest';
import { ON_FETCH, ON_NODE } from './support/harness.js';

testAdapter(ON_NODE, runner);
testAdapter(ON_FETCH, runner);
