/**
 * Reads a token from the command line, or from where other users of the machine cannot see it.
 *
 * @module
 */
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

/** Returns the token; for `-`, what stands on standard input. */
export async function readToken(token: string, { input }: Terminal): Promise<string> {
  const read = token === '-' ? (await input()).trim() : token;
  if (read === '') throw new UsageError('no token: standard input was empty');
  return read;
}
