import type { ParserPlace } from './shape.js';

/** Where a parser stands, seen from the gate. */
export const PLACES: readonly ParserPlace[] = ['before', 'behind', 'absent'];
