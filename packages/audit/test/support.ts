/** Hostile names, and the gates that the maps are about. */
import { allOf, anyOf, createGate, httpPolicy, recentLogin, rule, where } from '@scopegate/core';
import type { Gate } from '@scopegate/core';
import { notesGate, scopes, scopesAsToken } from '../../core/test/support/mcp.js';
import type { NotesScope } from '../../core/test/support/mcp.js';

/** A tool name as somebody else might choose it. */
export const HOSTILE =
  'a|b`c``\n| x | y |\r\u001b[2J\u009b1m\u202eevil\u200b \u00a0<b>@all</b> https://e.example \\';

export const GRANTS = {
  nobody: undefined,
  stranger: [],
  reader: 'notes:read',
  admin: ['admin:notes'],
} as const;

/** One of each form of a rule. */
export function everyForm(): Gate<NotesScope> {
  return notesGate({
    tools: {
      read_notes: 'notes:read',
      own_note: where(() => true, 'notes:write'),
      any_note: anyOf(
        'notes:read',
        where(() => true, 'admin:notes'),
      ),
      some_note: rule(() => 'notes:read' as const, { mayRequire: ['notes:read', 'notes:write'] }),
      dark_note: () => 'notes:read' as const,
      sure_note: allOf('notes:read', recentLogin({ maxAge: 60 })),
    },
  });
}

export function httpGate(): Gate<NotesScope> {
  return createGate({
    resource: 'https://notes.example.com/api',
    verifier: scopesAsToken,
    scopes,
    initialScopes: ['notes:read'],
    policy: httpPolicy([
      { method: 'GET', path: '/api/notes', rule: 'notes:read' },
      { method: 'POST', path: '/api/notes/{id}', rule: 'notes:write' },
      { method: '*', path: '/api/admin', rule: 'admin:notes' },
    ]),
  });
}
