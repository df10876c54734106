import jwt from '@fastify/jwt';
import { protect, resourceMetadata } from '@scopegate/fastify';
import Fastify from 'fastify';
import { RESOURCE } from '../issuer.mjs';

export async function createApps({ gate, issuer, pem, constant, notes, result }) {
  const app = async (prepare, guards) => {
    const it = Fastify();
    await prepare(it);
    it.get('/notes', guards.notes, (_request, reply) => reply.send(notes));
    it.post('/mcp', guards.mcp, ({ body }, reply) => reply.send(result(body.id)));
    await it.ready();
    return it.server;
  };
  const constants = {
    onRequest: (request, reply, done) => {
      if (request.headers.authorization === undefined) {
        return reply.code(constant.status).headers(constant.record).send(constant.bytes);
      }
      reply.header('Vary', 'Authorization');
      return done();
    },
  };
  const verified = { onRequest: [(request) => request.jwtVerify(), requireScope] };
  const secret = { public: pem };
  const verify = { algorithms: ['ES256'], allowedAud: RESOURCE, allowedIss: issuer };
  return {
    bare: await app(() => {}, { notes: {}, mcp: {} }),
    scopegate: await app((it) => it.register(resourceMetadata(gate)), {
      notes: protect(gate, 'notes:read'),
      mcp: protect(gate),
    }),
    'a hook of constants': await app(
      (it) => it.addHook('onRequest', (_request, _reply, done) => done()),
      { notes: constants, mcp: constants },
    ),
    '@fastify/jwt': await app((it) => it.register(jwt, { secret, verify }), {
      notes: verified,
      mcp: verified,
    }),
    '@fastify/jwt with its cache': await app(
      (it) => it.register(jwt, { secret, verify: { ...verify, cache: true } }),
      { notes: verified, mcp: verified },
    ),
  };
}

async function requireScope(request, reply) {
  if (!request.user.scope.split(' ').includes('notes:read')) {
    return reply.code(403).send({ error: 'forbidden' });
  }
  return undefined;
}
