/**
 * Reads a token from the command line, or from where other users of the machine cannot see it.
 *
 * @module
 */
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

/**
 * Returns the token; for `-`, the one on standard input, without white space around it.
 *
 * @throws {@link UsageError} if the token is empty, begins with `Bearer ` or fits in no header. The message never
 * repeats it.
 */
export async function readToken(token: string, { input }: Terminal): Promise<string> {
  const read = token === '-' ? (await input()).trim() : token;
  if (read === '') {
    throw new UsageError(
      token === '-'
        ? 'no token: standard input was empty'
        : 'the token is empty; is the variable set?',
    );
  }
  if (/^bearer\s/i.test(read)) {
    throw new UsageError('give the token alone, without "Bearer " in front');
  }
  if (!/^[!-~]+$/.test(read)) {
    throw new UsageError(
      'the token has a space, a line break or a character beyond ASCII, which no header carries; was it copied whole?',
    );
  }
  return read;
}
