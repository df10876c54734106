import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { toNodeHandler } from '@modelcontextprotocol/node';
import {
  McpServer as McpServerV2,
  ResourceTemplate as ResourceTemplateV2,
  completable as completableV2,
  createMcpHandler,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

/** What servers of the first SDK are made of, bound to this package's zod. */
export const v1 = {
  ...{ McpServer, ResourceTemplate, completable, z },
  ...{ StreamableHTTPServerTransport, WebStandardStreamableHTTPServerTransport },
} as const;

/** The same for the second SDK. */
export const v2 = {
  ...{ McpServer: McpServerV2, ResourceTemplate: ResourceTemplateV2, completable: completableV2 },
  ...{ z, createMcpHandler, toNodeHandler },
} as const;
