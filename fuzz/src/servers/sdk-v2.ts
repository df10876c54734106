/**
 * `@modelcontextprotocol/server`: both wires, a server for each request.
 *
 * @module
 */
import type { v2 as Newest } from '../../sdks/zod-newest/index.js';
import { record } from '../record.js';
import {
  LITERALS,
  TEMPLATES,
  completeFor,
  promptSchemas,
  readResource,
  runPrompt,
  runTool,
  toolSchemas,
} from './operations.js';
import type { McpServerUnderTest } from './server.js';

export type SdkV2 = typeof Newest;

/** Asked before a tool, a prompt or a resource runs: the rule inside the server. */
export type ChallengeFor = (
  kind: 'tool' | 'prompt' | 'resource',
  name: string,
) => { readonly scopeChallenge: never } | undefined;

export function sdkV2(
  sdk: SdkV2,
  challengeFor: ChallengeFor = () => undefined,
): McpServerUnderTest {
  const handler = sdk.createMcpHandler(() => createServer(sdk, challengeFor), {
    onerror: () => undefined,
  });
  const node = sdk.toNodeHandler(handler);
  return {
    async node(req, res, body) {
      record({ kind: 'entered' });
      await node(req as never, res, body);
    },
    async fetch(request, options) {
      record({ kind: 'entered' });
      return handler.fetch(request, options);
    },
  };
}

function createServer(sdk: SdkV2, challengeFor: ChallengeFor): InstanceType<SdkV2['McpServer']> {
  const { McpServer, ResourceTemplate, completable, z } = sdk;
  const server = new McpServer({ name: 'notes', version: '1.0.0' });
  for (const [name, inputSchema] of Object.entries(toolSchemas(z))) {
    const own = challengeFor('tool', name);
    const isEmpty = Object.keys(inputSchema).length === 0;
    if (isEmpty) server.registerTool(name, { ...own }, () => runTool(name, {}));
    else {
      const schema = z.object(inputSchema);
      server.registerTool(name, { inputSchema: schema, ...own }, (args) => runTool(name, args));
    }
  }
  for (const [name, shape] of Object.entries(promptSchemas(z))) {
    const argsSchema = Object.fromEntries(
      Object.keys(shape).map((key) => [
        key,
        completable(z.string(), (_value, context) => completeFor(name, context)),
      ]),
    );
    const config = { argsSchema: z.object(argsSchema), ...challengeFor('prompt', name) };
    server.registerPrompt(name, config, (args) => runPrompt(name, args));
  }
  for (const uri of LITERALS) {
    server.registerResource(uri, uri, { ...challengeFor('resource', uri) }, readResource(uri));
  }
  for (const text of TEMPLATES) {
    const complete = (_value: string, context: unknown): [] => completeFor(text, context);
    const names = [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => [String(name), complete]);
    const template = new ResourceTemplate(text, {
      list: undefined,
      complete: Object.fromEntries(names) as Record<string, typeof complete>,
    });
    server.registerResource(
      text,
      template,
      { ...challengeFor('resource', text) },
      readResource(text),
    );
  }
  return server;
}
