/**
 * `@modelcontextprotocol/sdk`, stateless: a server and a transport for each request.
 *
 * @module
 */
import type { v1 as Newest } from '../../sdks/zod-newest/index.js';
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

export type SdkV1 = typeof Newest;

export function sdkV1(sdk: SdkV1): McpServerUnderTest {
  return {
    async node(req, res, body) {
      record({ kind: 'entered' });
      const transport = new sdk.StreamableHTTPServerTransport({ enableJsonResponse: true });
      const server = createServer(sdk);
      res.once('close', () => void server.close());
      await server.connect(transport);
      await transport.handleRequest(req, res, body);
    },
    async fetch(request, options) {
      record({ kind: 'entered' });
      const transport = new sdk.WebStandardStreamableHTTPServerTransport({
        enableJsonResponse: true,
      });
      const server = createServer(sdk);
      request.signal.addEventListener('abort', () => void server.close(), { once: true });
      await server.connect(transport);
      return transport.handleRequest(request, options);
    },
  };
}

function createServer(sdk: SdkV1): InstanceType<SdkV1['McpServer']> {
  const { McpServer, ResourceTemplate, completable, z } = sdk;
  const server = new McpServer({ name: 'notes', version: '1.0.0' });
  for (const [name, inputSchema] of Object.entries(toolSchemas(z))) {
    const isEmpty = Object.keys(inputSchema).length === 0;
    if (isEmpty) server.registerTool(name, {}, () => runTool(name, {}));
    else server.registerTool(name, { inputSchema }, (args) => runTool(name, args));
  }
  for (const [name, shape] of Object.entries(promptSchemas(z))) {
    const argsSchema = Object.fromEntries(
      Object.keys(shape).map((key) => [
        key,
        completable(z.string(), (_value, context) => completeFor(name, context)),
      ]),
    );
    server.registerPrompt(name, { argsSchema }, (args) => runPrompt(name, args));
  }
  for (const uri of LITERALS) server.registerResource(uri, uri, {}, readResource(uri));
  for (const text of TEMPLATES) {
    const complete = (_value: string, context: unknown): [] => completeFor(text, context);
    const names = [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => [String(name), complete]);
    const template = new ResourceTemplate(text, {
      list: undefined,
      complete: Object.fromEntries(names) as Record<string, typeof complete>,
    });
    server.registerResource(text, template, {}, readResource(text));
  }
  return server;
}
