/** Scenarios ask for pauses: what a tool sends must be seen to arrive before it is done. */
export function pause(ms = 50): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
