import * as runner from 'node:test';
import { testAdapter } from '@scopegate/adapter-testkit';
import { harness } from './harness.js';

testAdapter(harness, runner);
