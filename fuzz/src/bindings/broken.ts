/**
 * Gates that are broken on purpose, to test that the fuzzer notices them.
 *
 * @module
 */
import { gateOf, gateWith, httpGate, mainPolicy, RESOURCE_RULES } from '../policy.js';
import type { FuzzGate } from '../policy.js';
import { HAND_WRITTEN, OTHER_LANGUAGES, SDKS, serverAt } from '../servers/index.js';
import { routeOf } from './read-path.js';
import { ranRoute } from './routes.js';
import { startFetch } from './serve-fetch.js';
import type { Shape } from './shape.js';

const { fetch } = serverAt('/mcp');

export const BROKEN: readonly Shape[] = [
  mcp('evaluates a copy that lost its __proto__', Object.keys(SDKS), async (request) => {
    const content = request.method === 'POST' ? await request.text() : undefined;
    const again = (body: string | undefined): Request =>
      new Request(request.url, {
        ...{ method: request.method, headers: request.headers },
        ...(body !== undefined && { body }),
      });
    const guarded = gateOf('/mcp').fetch((_evaluated, { authInfo }) =>
      fetch(again(content), authInfo === undefined ? {} : { authInfo }),
    );
    return guarded(again(content === undefined ? content : withoutProto(content)));
  }),
  mcp('ignores that rules overlap', Object.keys(HAND_WRITTEN), behind(withoutOverlaps())),
  mcp('lets a folding reader follow', Object.keys(OTHER_LANGUAGES), behind(gateOf('/mcp'))),
  {
    name: 'broken: forgets a route',
    ...{ group: 'broken', kind: 'routes' },
    start: () =>
      startFetch(
        httpGate('/files/admin/{b}').fetch((request) => {
          const path = routeOf(new URL(request.url).pathname);
          if (path !== undefined) ranRoute(request.headers, request.method, path);
          return new Response('done');
        }),
      ),
  },
];

function mcp(
  name: string,
  servers: readonly string[],
  handler: (request: Request) => Promise<Response>,
): Shape {
  const start: Shape['start'] = () => startFetch(handler);
  return { name: `broken: ${name}`, group: 'broken', kind: 'mcp', servers, start };
}

function behind(gate: FuzzGate): (request: Request) => Promise<Response> {
  return gate.fetch((request, { authInfo, parsedBody }) =>
    fetch(request, { ...(authInfo !== undefined && { authInfo }), parsedBody }),
  );
}

function withoutOverlaps(): FuzzGate {
  const loose = Object.entries(RESOURCE_RULES).filter(([key]) => /\{/.test(key));
  const resources = Object.fromEntries(loose.filter(([key]) => key !== 'db://secrets/{id}'));
  return gateWith(mainPolicy({ resources }));
}

function withoutProto(content: string): string {
  try {
    const drop = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(drop);
      if (typeof value !== 'object' || value === null) return value;
      const kept = Object.entries(value).filter(([name]) => name !== '__proto__');
      return Object.fromEntries(kept.map(([name, part]) => [name, drop(part)]));
    };
    return JSON.stringify(drop(JSON.parse(content)));
  } catch {
    return content;
  }
}
