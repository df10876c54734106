import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { z } from 'zod';

/** What servers are made of, bound to this package's zod. */
export const v1 = {
  ...{ McpServer, ResourceTemplate, completable, z },
  ...{ StreamableHTTPServerTransport, WebStandardStreamableHTTPServerTransport },
} as const;
