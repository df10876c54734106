import { createServer } from 'node:http';
import { bodyParser } from '@koa/bodyparser';
import { Router } from '@koa/router';
import { protect, resourceMetadata } from '@scopegate/koa';
import Koa from 'koa';
import jwt from 'koa-jwt';
import { RESOURCE } from '../issuer.mjs';

export function createApps({ gate, issuer, pem, constant, notes, result }) {
  const list = (ctx) => {
    ctx.body = notes;
  };
  const call = (ctx) => {
    ctx.body = result(ctx.request.body.id);
  };
  const bare = new Router().get('/notes', list).post('/mcp', bodyParser(), call);
  const ours = new Router()
    .get('/notes', protect(gate, 'notes:read'), list)
    .post('/mcp', protect(gate), call);
  const constants = (ctx, next) => {
    if (ctx.headers.authorization !== undefined) {
      ctx.set('Vary', 'Authorization');
      return next();
    }
    ctx.status = constant.status;
    ctx.set(constant.record);
    ctx.body = constant.body;
    return undefined;
  };
  const guard = [
    jwt({ secret: pem, algorithms: ['ES256'], audience: RESOURCE, issuer }),
    requireScope,
  ];
  const theirs = new Router()
    .get('/notes', ...guard, list)
    .post('/mcp', ...guard, bodyParser(), call);
  return {
    bare: listen(bare),
    scopegate: listen(ours, resourceMetadata(gate)),
    'a hook of constants': listen(
      new Router().get('/notes', constants, list).post('/mcp', constants, bodyParser(), call),
      (_ctx, next) => next(),
    ),
    'koa-jwt': listen(theirs),
  };
}

async function requireScope(ctx, next) {
  if (!ctx.state.user.scope.split(' ').includes('notes:read')) ctx.throw(403);
  await next();
}

function listen(router, ...before) {
  const app = new Koa();
  for (const middleware of before) app.use(middleware);
  app.use(router.routes());
  return createServer(app.callback());
}
