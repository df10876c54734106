/** The program without a user, against the example for Express and a real authorization server. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startAuthorizationServer } from './start-authorization-server.js';
import { freePort, startExample } from './start-example.js';

const main = fileURLToPath(new URL('../machine-client/main.js', import.meta.url));

test('it gets a token, and another one with the scope that it lacks', async () => {
  const port = String(await freePort());
  const RESOURCE = `http://localhost:${port}/mcp`;
  const { issuer, client, stop } = await startAuthorizationServer(RESOURCE, [
    ...['notes:read', 'notes:write', 'admin:notes'],
  ]);
  const server = await startExample('express', { PORT: port, ISSUER: issuer });
  try {
    const env = { ...process.env, RESOURCE, CLIENT_ID: client.id, CLIENT_SECRET: client.secret };
    const { stdout } = await promisify(execFile)(process.execPath, [main], { env });
    expect(stdout.split('\n')).toEqual([
      '    asks for notes:read',
      '200 read_notes',
      '    asks for notes:read notes:write',
      '200 add_note',
      '',
    ]);
    // A wrong secret ends in the authorization server's own error, not in a loop.
    const wrong = promisify(execFile)(process.execPath, [main], {
      env: { ...env, CLIENT_SECRET: 'wrong' },
    });
    await expect(wrong).rejects.toThrow(/invalid_client/);
  } finally {
    await server.stop();
    await stop();
  }
});
