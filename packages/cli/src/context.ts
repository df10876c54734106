/**
 * The terminal, colours and exit status that every command shares.
 *
 * @module
 */
import type { Style } from './style.js';
import type { Terminal } from './terminal.js';

export interface Context {
  readonly terminal: Terminal;
  readonly style: Style;
  /** The exit status, which a command sets. */
  status: number;
}
