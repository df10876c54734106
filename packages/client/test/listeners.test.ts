/** Listeners only observe. */
import { expect, onTestFinished, test } from 'vitest';
import { READ, WRITE, notes, rejection, toolCall } from './support.js';

test('a listener whose promise rejects changes nothing, and ends no process', async () => {
  const unhandled: unknown[] = [];
  const listen = (error: unknown) => void unhandled.push(error);
  process.on('unhandledRejection', listen);
  onTestFinished(() => void process.off('unhandledRejection', listen));
  const boom = (): unknown => Promise.reject(new Error('listener'));
  const { app, server } = await notes(READ, {
    ...{ onChallenge: boom, onStepUp: boom, onGiveUp: boom, onOutside: boom },
    allowedScopes: [READ, WRITE],
  });
  expect((await app.fetch(server.resource, toolCall('add_note'))).status).toBe(200);
  expect((await app.fetch(`${server.origin}/other`)).status).toBe(401);
  expect(await rejection(app.fetch(server.resource, toolCall('admin_purge')))).toMatchObject({
    code: 'scope_not_allowed',
  });
  // Node reports an unhandled rejection before the next macrotask.
  await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled).toEqual([]);
});
