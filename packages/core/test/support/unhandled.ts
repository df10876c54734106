/**
 * Returns the rejections that nobody handled while `work` ran and shortly after. Outside of tests, one of them
 * ends Node.
 */
export async function unhandledOf(work: () => unknown): Promise<unknown[]> {
  const found: unknown[] = [];
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (reason) => found.push(reason));
  try {
    await work();
    // Node reports them when it has run the microtasks.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const one of others) process.on('unhandledRejection', one);
  }
  return found;
}
