/**
 * `scopegate dev`, as a user starts it: a real authorization server.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface AuthorizationServer {
  readonly issuer: string;
  readonly client: { readonly id: string; readonly secret: string };
  readonly stop: () => Promise<void>;
}

export async function startAuthorizationServer(
  resource: string,
  scopes: readonly string[],
): Promise<AuthorizationServer> {
  const cli = fileURLToPath(new URL('../../../packages/cli/dist/main.js', import.meta.url));
  const args = [cli, 'dev', '--port', '0', '--resource', resource, '--scope', ...scopes];
  const child = spawn(process.execPath, args);
  let printed = '';
  const found = await new Promise<readonly string[]>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      const match = /curl -s (\S+)\/token -u (\w+):(\w+)/.exec(printed);
      if (match !== null) resolve(match);
    });
    child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    child.once('exit', () => reject(new Error(`scopegate dev ended:\n${printed}`)));
  });
  const [, issuer = '', id = '', secret = ''] = found;
  return {
    issuer,
    client: { id, secret },
    async stop() {
      const gone = once(child, 'exit');
      child.kill();
      await gone;
    },
  };
}
