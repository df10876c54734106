/**
 * Runs the route handlers without Next.js, which calls them in the same way: with a `Request`, by path and
 * method. In an application, copy `app` and `gate.js` and leave this file out.
 */
import { serve } from '@hono/node-server';

const { PORT = '3000' } = process.env;

/** @type {ReadonlyMap<string, Readonly<Record<string, (request: Request) => Promise<Response>>>>} */
const routes = new Map([
  ['/mcp', { ...(await import('./app/mcp/route.js')) }],
  ['/export', { ...(await import('./app/export/route.js')) }],
  [
    '/.well-known/oauth-protected-resource/mcp',
    { ...(await import('./app/.well-known/oauth-protected-resource/[[...path]]/route.js')) },
  ],
]);

/** @param {Request} request */
async function answer(request) {
  const route = routes.get(new URL(request.url).pathname);
  if (route === undefined) return new Response(null, { status: 404 });
  return route[request.method]?.(request) ?? new Response(null, { status: 405 });
}

serve({ fetch: answer, port: Number(PORT) }, () => console.log(`http://localhost:${PORT}/mcp`));
