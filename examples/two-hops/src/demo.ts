/**
 * The story: Ray lists his orders, and places one. The orders API wants more for that, and one consent at the
 * shop reaches both hops.
 *
 * @module
 */
import { createChecks } from '@scopegate/example-notes-mcp/checks';
import { createScreen } from '@scopegate/example-notes-mcp/screen';
import type { Print } from '@scopegate/example-notes-mcp/screen';
import type { DecisionEvent } from '@scopegate/core';
import { startEnvironment } from './environment.js';
import { createSession } from './session.js';

/** @throws CheckError if anything that it shows did not happen */
export async function runDemo(print: Print): Promise<void> {
  const screen = createScreen(print);
  const checks = createChecks();
  const second: DecisionEvent[] = [];
  const environment = await startEnvironment({
    onDecision(gate, event) {
      if (gate !== 'orders') return;
      second.push(event);
      screen.action(describe(event));
    },
  });
  const { resource, issuer, orders, placed } = environment;
  const session = createSession(resource, {
    account: 'ray',
    onExchange: (exchange) => {
      // The login's pages are left out: the demo of one hop shows them.
      if (exchange.by === 'client' && exchange.method === 'POST') {
        screen.exchange(exchange, exchange.origin === issuer ? 'login' : 'shop ');
      }
    },
    onEvent: (event) => {
      if (event.kind === 'authorize') screen.action(`sends the browser to log in: ${event.scope}`);
    },
  });
  try {
    screen.line('Scopegate: two hops, one consent.');
    screen.line();
    screen.line(`    shop   ${resource.padEnd(32)} the MCP server, guarded`);
    screen.line(`    orders ${orders.padEnd(32)} the API behind it, guarded, too`);
    screen.line(`    login  ${issuer.padEnd(32)} the authorization server of both`);
    screen.line('    Ray    uses the official MCP client');

    screen.step('Ray connects, and lists his orders.');
    await session.connect();
    checks.equal('the list', await session.call('list_orders'), '[]');
    checks.equal('logins', session.authorizations.length, 1);
    checks.equal('the second hop', second.map(summary), ['allowed shop ray orders:read']);
    screen.fact('The shop exchanged his token for one with orders:read, as shop:read allows.');

    screen.step('Ray places an order. The orders API wants orders:write.');
    const order = { item: 'tea', by: 'ray', through: 'shop' };
    const answer = await session.call('place_order', { item: 'tea' });
    checks.equal('the order', JSON.parse(answer), order);
    checks.equal('orders', placed, [order]);
    checks.equal('logins', session.authorizations.length, 2);
    const challenges = session.answers.flatMap(({ challenge }) => challenge ?? []);
    checks.equal('challenges', challenges.length, 2);
    checks.equal(
      'its scopes',
      /scope="([^"]*)"/.exec(challenges[1] ?? '')?.[1],
      'shop:write shop:read',
    );
    checks.equal('the second hop', second.slice(1).map(summary), [
      'refused shop ray orders:read',
      'allowed shop ray orders:read orders:write',
    ]);
    screen.fact('One step-up at the shop, in its own scopes, opened both hops.');

    screen.step('Ray lists his orders again: nothing more is asked.');
    checks.equal('the list', JSON.parse(await session.call('list_orders')), [order]);
    checks.equal('logins', session.authorizations.length, 2);
    checks.equal('exchanges', environment.exchanges(), 2);
    screen.fact('The token of the orders API was kept: no new exchange.');

    const { secrets } = await session.credentials();
    const printed = screen.lines.join('\n');
    checks.equal(
      'tokens that were printed',
      secrets.filter((one) => printed.includes(one)),
      [],
    );
    screen.heading('Everything held');
    screen.line();
    screen.line(`    = ${checks.held} checks. No token was printed.`);
  } finally {
    await session.close().catch(() => undefined);
    await environment.close();
  }
}

function describe({ outcome, granted = [], subject, actors, missing }: DecisionEvent): string {
  const who = `${subject ?? 'nobody'}, through ${actors?.[0]?.subject ?? 'nobody'}`;
  const what = `with ${granted.join(' ') || 'no scope'}`;
  const lack = missing === undefined ? '' : `, and lacks ${missing.join(' ')}`;
  return `the orders API sees ${who}, ${what}${lack}: ${outcome}`;
}

function summary({ outcome, granted = [], subject, actors }: DecisionEvent): string {
  return [outcome, actors?.[0]?.subject, subject, ...granted].join(' ');
}
