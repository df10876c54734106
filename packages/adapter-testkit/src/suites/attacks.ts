/**
 * The raw requests of `attacks/requests.json`: none of them may run what its token does not allow.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createGate, publicAccess } from '@scopegate/core';
import { mcpPolicy } from '@scopegate/core/mcp';
import type { App } from '../app.js';
import type { Parser } from '../harness.js';
import { sendAttack } from '../wire/attack.js';
import type { Attack } from '../wire/attack.js';
import { scopes } from '../gates.js';
import type { TestGate } from '../gates.js';
import type { Check, Suite } from './suite.js';

interface AttackFile {
  readonly tokens: Readonly<Record<string, readonly string[]>>;
  readonly cases: readonly Attack[];
}

const { tokens, cases } = JSON.parse(
  readFileSync(new URL('../../attacks/requests.json', import.meta.url), 'utf8'),
) as AttackFile;

/** The cases of the file. */
export const ATTACKS: readonly Attack[] = cases;

/** One suite with guarded tools only, and one (`open`) with public tools, too. */
export function attackSuites(parser: Parser): readonly Suite[] {
  return [false, true].map((open) => ({
    name: `attacks, JSON parser ${parser}, ${open ? 'public tools, too' : 'all tools guarded'}`,
    setup: { routes: [{ path: '/mcp', gate: attackedGate(open) }], parser },
    checks: cases.map((attack) => check(attack, parser, open)),
  }));
}

function check(attack: Attack, parser: Parser, open: boolean): Check {
  return {
    title: `${attack.name} [${attack.ids.join(', ')}]`,
    run: async (app) => {
      const status = await sendAttack(app.origin, attack);
      // Public operations let a request without a token reach its body: then its answer differs.
      const isDecidedLate = open && attack.token === null;
      assert.equal(fault(attack, status, app, parser === 'before' || isDecidedLate), undefined);
    },
  };
}

/** The gate that the cases are written for; with `open` it has public operations, too. */
export function attackedGate(open = false): TestGate {
  const granted = new Map(Object.entries(tokens));
  return createGate({
    resource: 'https://notes.example.com/mcp',
    authorizationServers: ['https://idp.example.com'],
    verifier: (token) => {
      const names = granted.get(token);
      return names && { scopes: names, subject: token };
    },
    scopes,
    initialScopes: ['notes:read'],
    bodyTimeout: 300,
    policy: mcpPolicy(scopes, {
      tools: {
        ...{ read_notes: 'notes:read', add_note: 'notes:write', admin_purge: 'admin:notes' },
        ...(open && { hello: publicAccess() }),
      },
      prompts: { summary: 'notes:read', audit: 'admin:notes' },
      resources: { 'notes://all': 'notes:read', 'notes://secret': 'admin:notes' },
      anonymous: open,
    }),
  });
}

/** What was wrong with the outcome of a case; `undefined` if it is as it should be. */
function fault(
  attack: Attack,
  status: number | undefined,
  { calls, ran }: App,
  onlyWhatRuns: boolean,
): string | undefined {
  const stray = ran.filter((tool) => tool !== 'hello' && !attack.runs.includes(tool));
  if (stray.length > 0) return `ran ${stray.join(', ')}`;
  if (status === undefined) return attack.close === true ? undefined : 'no answer';
  if (status >= 500) return `answered ${status}`;
  if (status !== 200 && calls.length > 0) return `called the application, and answered ${status}`;
  // Where a parser in front may answer first, only what runs is compared.
  if (onlyWhatRuns) return undefined;
  if (!attack.status.includes(status)) return `answered ${status}, not ${attack.status.join('/')}`;
  const missing = status === 200 ? attack.runs.filter((tool) => !ran.includes(tool)) : [];
  return missing.length > 0 ? `did not run ${missing.join(', ')}` : undefined;
}
