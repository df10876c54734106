/** Scenarios ask for pauses, so that the messages of a tool arrive before its result. */
export function pause(ms = 50): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
