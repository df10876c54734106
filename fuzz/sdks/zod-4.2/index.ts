import { toNodeHandler } from '@modelcontextprotocol/node';
import {
  McpServer,
  ResourceTemplate,
  completable,
  createMcpHandler,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

/** What servers are made of, bound to this package's zod. */
export const v2 = {
  ...{ McpServer, ResourceTemplate, completable, z },
  ...{ createMcpHandler, toNodeHandler },
} as const;
