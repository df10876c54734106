import * as runner from 'vitest';
import { testAdapter } from '@scopegate/adapter-testkit';
import { harness } from './harness.js';

testAdapter(harness, runner);
