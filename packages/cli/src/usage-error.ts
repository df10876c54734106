/** An error that the user can correct; the message says how. It ends the command with status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
