import { createServer } from 'node:http';
import { OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server';
import { requireBearerAuth as requireV2 } from '@modelcontextprotocol/express';
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { requireBearerAuth as requireV1 } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import { protect, resourceMetadata } from '@scopegate/express';
import express from 'express';
import { auth, requiredScopes } from 'express-oauth2-jwt-bearer';
import { RESOURCE } from '../issuer.mjs';

export function createApps({ gate, issuer, verify, constant, notes, result }) {
  const constants = (req, res, next) => {
    if (req.headers.authorization !== undefined) {
      res.setHeader('Vary', 'Authorization');
      return next();
    }
    res.statusCode = constant.status;
    for (const [name, value] of constant.headers) res.setHeader(name, value);
    return res.end(constant.body);
  };
  const app = (...guard) => {
    const it = express();
    it.disable('x-powered-by');
    if (guard[0] === 'scopegate') it.use(resourceMetadata(gate));
    if (guard[0] === constants) it.use((_req, _res, next) => next());
    const [before, mcp] =
      guard[0] === 'scopegate'
        ? [[protect(gate, 'notes:read')], [protect(gate)]]
        : [guard, [...guard, express.json()]];
    it.get('/notes', ...before, (_req, res) => res.json(notes));
    it.post('/mcp', ...mcp, (req, res) => res.json(result(req.body.id)));
    return createServer(it);
  };
  const saying = (wrong) => ({
    verifyAccessToken: (token) => verify(token).catch((error) => Promise.reject(wrong(error))),
  });
  const requiring = { requiredScopes: ['notes:read'] };
  return {
    bare: app(),
    scopegate: app('scopegate'),
    'a hook of constants': app(constants),
    '@modelcontextprotocol/express + jose': app(
      requireV2({
        ...requiring,
        verifier: saying((e) => new OAuthError(OAuthErrorCode.InvalidToken, e.message)),
      }),
    ),
    'MCP SDK v1 requireBearerAuth + jose': app(
      requireV1({ ...requiring, verifier: saying((e) => new InvalidTokenError(e.message)) }),
    ),
    'express-oauth2-jwt-bearer': app(
      auth({
        issuer,
        jwksUri: `${issuer}/jwks`,
        audience: RESOURCE,
        tokenSigningAlg: 'ES256',
      }),
      requiredScopes('notes:read'),
      // Its errors say their status; Express's own handler would write a page and the stack.
      (error, _req, res, _next) =>
        res
          .status(error.status ?? 500)
          .set(error.headers)
          .json({ error: error.code }),
    ),
  };
}
