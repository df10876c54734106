/** `scopegate dev`: a local authorization server for any resource and scopes. */
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { Context } from '../context.js';
import { startAuthorizationServer } from '../dev/authorization-server.js';
import type { AuthorizationServer } from '../dev/authorization-server.js';
import { loadGate } from '../load-gate.js';
import { UsageError } from '../usage-error.js';

interface Options {
  readonly resource?: string;
  readonly scope?: readonly string[];
  readonly gate?: string;
  readonly port: number;
}

export function addDev(program: Command, context: Context): void {
  program
    .command('dev')
    .description(
      'Run a local authorization server with a login page. For development only: anybody may log in.',
    )
    .option('--resource <url>', 'the resource identifier that tokens are for')
    .option('--scope <scope...>', 'the scopes that tokens may have')
    .option('--gate <module>', 'take resource and scopes from the gate that this module exports')
    .option('--port <port>', 'the port to listen on', toPort, 9000)
    .addHelpText('after', EXAMPLES)
    .action(async (options: Options) => {
      const { terminal } = context;
      const { resource, scopes } = await subjectOf(options);
      const server = await startAuthorizationServer({ resource, scopes, port: options.port });
      terminal.out(instructions(server, resource, scopes));
      await terminal.interrupted();
      await server.close();
    });
}

async function subjectOf(
  options: Options,
): Promise<{ resource: string; scopes: readonly string[] }> {
  const gate = options.gate === undefined ? undefined : await loadGate(options.gate);
  const resource = options.resource ?? gate?.resource;
  const scopes = options.scope ?? gate?.scopes.names;
  if (resource === undefined || scopes === undefined) {
    throw new UsageError(
      'say what tokens are for: --resource <url> --scope <scope...>, or --gate <module>',
    );
  }
  if (!URL.canParse(resource))
    throw new UsageError(`--resource ${JSON.stringify(resource)} is no URL`);
  return { resource, scopes };
}

/** Texts for a developer to paste: options of the gate, curl commands, the configuration of an MCP client. */
function instructions(
  { issuer, client }: AuthorizationServer,
  resource: string,
  scopes: readonly string[],
): string {
  const configuration = JSON.stringify({ mcpServers: { local: { type: 'http', url: resource } } });
  return `Authorization server  ${issuer}  (any name logs in; tokens are lost when it stops)

In the gate:
  authorizationServers: ['${issuer}'],
  verifier: jwtVerifier({ issuer: '${issuer}', allowInsecureLoopback: true }),

A token for a client, with all scopes:
  curl -s ${issuer}/token -u ${client.id}:${client.secret} -d grant_type=client_credentials \\
    --data-urlencode ${quote(`resource=${resource}`)} --data-urlencode ${quote(`scope=${scopes.join(' ')}`)}

Without a token, a 401 that names its metadata:
  curl -si ${quote(resource)}

An MCP client, which logs in by itself:
  ${configuration}

Stop with Ctrl+C.
`;
}

/** Quotes a text as one word of a POSIX shell: scopes and URLs may contain quotes, `&` and `$`. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function toPort(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new InvalidArgumentError('Expected a port from 0 to 65535; 0 takes a free one.');
}

const EXAMPLES = `
Examples:
  scopegate dev --resource http://localhost:3000/mcp --scope notes:read notes:write
  scopegate dev --gate ./src/gate.ts`;
