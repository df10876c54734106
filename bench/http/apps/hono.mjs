import { createAdaptorServer } from '@hono/node-server';
import { protect, resourceMetadata } from '@scopegate/hono';
import { Hono } from 'hono';
import { jwk } from 'hono/jwk';
import { RESOURCE } from '../issuer.mjs';

export function createApps({ gate, issuer, jwk: key, constant, notes, result }) {
  const constants = async (c, next) => {
    if (c.req.header('Authorization') === undefined) {
      return new Response(constant.body, { status: constant.status, headers: constant.record });
    }
    await next();
    c.res.headers.set('Vary', 'Authorization');
    return undefined;
  };
  const app = (ours, ...guard) => {
    const it = new Hono();
    if (ours) {
      it.use(resourceMetadata(gate));
      it.get('/notes', protect(gate, 'notes:read'), (c) => c.json(notes));
      it.post('/mcp', protect(gate), (c) => c.json(result(c.var.parsedBody.id)));
    } else {
      if (guard[0] === constants) it.use((_c, next) => next());
      it.get('/notes', ...guard, (c) => c.json(notes));
      it.post('/mcp', ...guard, async (c) => c.json(result((await c.req.json()).id)));
    }
    return createAdaptorServer(it);
  };
  return {
    bare: app(false),
    scopegate: app(true),
    'a hook of constants': app(false, constants),
    'hono/jwk': app(
      false,
      jwk({ keys: [key], alg: ['ES256'], verification: { iss: issuer, aud: RESOURCE } }),
      requireScope,
    ),
  };
}

async function requireScope(c, next) {
  const { scope } = c.get('jwtPayload');
  if (!scope.split(' ').includes('notes:read')) return c.json({ error: 'forbidden' }, 403);
  return next();
}
