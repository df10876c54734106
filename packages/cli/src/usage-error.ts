/** What the user can change, in a sentence; it ends the command with status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
