/**
 * The types of the gates that the suite's applications use.
 *
 * @module
 */
import type { Gate, Rule } from '@scopegate/core';

export type TestScope = 'notes:read' | 'notes:write' | 'admin:notes';
export type TestGate = Gate<TestScope>;
export type TestRule = Rule<TestScope>;
