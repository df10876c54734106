import { testAdapter } from '@scopegate/adapter-testkit';
import * as runner from 'vitest';
import { HARNESSES } from './support/harness.js';

for (const harness of HARNESSES) testAdapter(harness, runner);
