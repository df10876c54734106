/** Every spelling of a path that the router accepts for a route is guarded. */
import { httpPolicy } from '@scopegate/core';
import type { FastifyServerOptions } from 'fastify';
import { describe, expect, test } from 'vitest';
import { notesGate } from '../../core/test/support/mcp.js';
import { protect } from '../src/index.js';
import { FORMS } from './support/harness.js';
import { serve } from './support/serve.js';

const TARGETS = [
  ...['/admin/purge', '/ADMIN/Purge', '/admin/purge/', '//admin/purge', '/admin//purge'],
  ...['/%61dmin/purge', '/admin%2fpurge', '/admin%2Fpurge', '/admin%252fpurge', '/admin%5cpurge'],
  ...['/./admin/purge', '/x/../admin/purge', '/%2e/admin/purge', '/x/%2e%2e/admin/purge'],
  ...[
    '/admin/purge?x=1',
    '/admin/purge#x',
    '/admin/purge;x=1',
    '/admin;x/purge',
    '/admin/purge%00',
  ],
  ...['http://notes.example.com/admin/purge', 'https://evil.example//admin/purge', '/admin/purge%'],
  ...['/admin/%70urge', '/admin/purge%20', '/admin/purge.', '\\admin\\purge', '/admin/caf%C3%A9'],
];

const ROUTERS: Readonly<Record<string, FastifyServerOptions>> = {
  'the default': {},
  'a lenient one': {
    routerOptions: {
      caseSensitive: false,
      ignoreTrailingSlash: true,
      ignoreDuplicateSlashes: true,
      // Fastify's types do not list it here, where it belongs.
      ...{ useSemicolonDelimiter: true },
    },
  },
};

const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'TRACE',
  'QUERY',
  'FOO',
];

const columns = Object.entries(ROUTERS).flatMap(([router, options]) =>
  Object.entries(FORMS).map(([form, mount]) => ({ router, options, form, mount })),
);

describe.each(columns)('$router router, $form', ({ options, mount }) => {
  test('no handler runs that the guard did not allow [T31, T32]', async () => {
    const gate = notesGate();
    let ran = 0;
    const send = await serve((app) => {
      for (const path of ['/admin/purge', '/admin/:name', '/admin/*', '/caf\u00e9']) {
        mount(app, { path, gate: gate as never, rule: 'admin:notes' }, (_request, reply) => {
          ran++;
          return reply.send('ran');
        });
      }
    }, options);
    const override = ['X-HTTP-Method-Override', 'GET'] as const;
    for (const method of METHODS) {
      for (const target of TARGETS) {
        for (const token of ['', 'notes.read'] as const) {
          const headers = token === '' ? [] : [['Authorization', `Bearer ${token}`] as const];
          const answer = await send({ method, target, headers: [...headers, override] });
          expect(answer.status, `${method} ${target}`).not.toBe(200);
        }
      }
    }
    expect(ran).toBe(0);
    const headers = [['Authorization', 'Bearer admin.notes']] as const;
    expect(await send({ target: '/admin/purge', headers })).toMatchObject({ body: 'ran' });
  });

  test('a policy over paths is refused at mount [T136]', async () => {
    const gate = notesGate(
      {},
      { policy: httpPolicy([{ method: '*', path: '/admin/{name}', rule: 'notes:read' }]) as never },
    );
    const start = serve((app) => {
      mount(app, { path: '/admin/:name', gate: gate as never }, (_request, reply) =>
        reply.send(''),
      );
    }, options);
    await expect(start).rejects.toThrow('give the route its own rule, protect(gate, rule)');
    expect(() => protect(gate, 'notes:read')).not.toThrow();
  });
});

test('the guard does not affect another route [T32]', async () => {
  const send = await serve((app) => {
    app.get('/admin/purge', protect(notesGate(), 'admin:notes'), async () => 'ran');
    app.get('/admin/:name', async () => 'open');
  });
  expect(await send({ target: '/admin/other' })).toMatchObject({ body: 'open' });
  expect(await send({ target: '/admin/%70urge' })).toMatchObject({ status: 401 });
});
