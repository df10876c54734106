/**
 * Plain `node:http`, with the adapter of docs/write-an-adapter.md.
 *
 * @module
 */
import { text } from 'node:stream/consumers';
import { protect } from '../../../examples/node-http-adapter/src/adapter.js';
import { MOUNTS } from '../policy.js';
import { serverAt } from '../servers/index.js';
import { startNode } from './shape.js';
import type { Shape } from './shape.js';

export const NODE: readonly Shape[] = (['before', 'absent'] as const).map((parser) => ({
  name: `node:http, parser ${parser}`,
  ...{ group: 'node', kind: 'mcp' },
  start() {
    const mounts = MOUNTS.map(({ path, gate }) => ({
      ...{ path, step: protect(gate), server: serverAt(path) },
    }));
    return startNode((req, res) => {
      const path = req.url?.replace(/^http:\/\/[^/]+/, '').split('?')[0];
      const mount = mounts.find((one) => one.path === path);
      const serve = async (): Promise<void> => {
        if (mount === undefined) return void res.writeHead(404).end();
        const parsed = req as typeof req & { body?: unknown };
        if (parser === 'before') parsed.body = JSON.parse(await text(req)) as unknown;
        await mount.step(req, res, () => mount.server.node(req, res, parsed.body));
      };
      serve().catch((error: unknown) => {
        if (!res.headersSent) res.writeHead(error instanceof SyntaxError ? 400 : 500);
        res.end();
      });
    });
  },
}));
