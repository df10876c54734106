/**
 * The client under test: `node client.js URL` connects, lists the tools and calls each. The suite gives it
 * credentials and the protocol version only; it reads everything else from the servers.
 *
 * @module
 */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { DiscoveryError, discoverResource, stepUpFetch } from '@scopegate/client';
import type { DiscoverResourceOptions, DiscoveredResource } from '@scopegate/client';
import type { Credentials } from './identify.js';
import { createSession } from './session.js';

const [url = ''] = process.argv.slice(2);
const { MCP_CONFORMANCE_CONTEXT: context, MCP_CONFORMANCE_PROTOCOL_VERSION: revision = '' } =
  process.env;

try {
  await callEveryTool();
  console.log('completed');
} catch (error) {
  // The last line says how the run ended; `evaluateRun` reads it.
  console.log(reasonOf(error));
  process.exitCode = 1;
}

async function callEveryTool(): Promise<void> {
  const session = createSession({
    credentials: context === undefined ? undefined : (JSON.parse(context) as Credentials),
    clientIdUrl: 'https://conformance-test.local/client-metadata.json',
    redirectUri: 'http://localhost:3000/callback',
    openBrowser,
  });
  const fetch = stepUpFetch({
    resource: url,
    ...session,
    discovery: discover,
    // MCP asks to follow a resource to another authorization server, with another registration.
    approveAuthorizationServer: () => true,
    onChallenge: ({ label }) => console.error(label),
  });
  const client = new Client(
    { name: 'scopegate-conformance-client', version: '1.0.0' },
    revision >= '2026-07-28' ? { versionNegotiation: { mode: 'auto' } } : {},
  );
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { fetch }));
  try {
    const { tools } = await client.listTools();
    for (const { name } of tools) await client.callTool({ name, arguments: {} });
  } finally {
    await client.close();
  }
}

/** A resource without metadata, as before RFC 9728, is no error; one that names it and lacks it is. */
async function discover(
  resource: string,
  options: DiscoverResourceOptions,
): Promise<DiscoveredResource | undefined> {
  try {
    return await discoverResource(resource, options);
  } catch (error) {
    const isMissing = error instanceof DiscoveryError && error.code === 'not_found';
    if (isMissing && options.challenge?.resourceMetadata === undefined) return undefined;
    throw error;
  }
}

/** The suite's authorization servers redirect at once, without a login. */
async function openBrowser(authorizationUrl: URL): Promise<URL> {
  const response = await fetch(authorizationUrl, { redirect: 'manual' });
  await response.body?.cancel();
  return new URL(response.headers.get('location') ?? '', authorizationUrl);
}

/** What was wrong in the first place, under all that was made of it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message;
}
