#!/usr/bin/env node
/**
 * `npm run bench:ownership`: what the check of an id adds to a check of a token that was verified before.
 * Targets on an idle machine: 5 µs for an id that was seen before, 10 µs for a new one, which is one HMAC.
 */
import { createHmac, createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { createGate } from '@scopegate/core';
import { ownedId, ownership } from '@scopegate/core/ownership';
import { row } from '../measure.mjs';

const TARGETS = { 'an id seen before': 5, 'a new id': 10 };

/** More than a gate remembers, so that each is new again when it comes again. */
const IDS = 50_000;

const authorization = `Bearer ${randomUUID()}`;
const bare = gateWith(undefined);
const owning = gateWith(ownership({ keys: [randomUUID()] }));
const { auth } = await owning.check(requestWith(), 'a');
const ids = Array.from({ length: IDS }, () => ownedId(owning, auth, { kind: 'session' }));
const requests = ids.map(requestWith);
const plain = requestWith();
const [seen] = requests;

console.log(`Node ${process.version}; the first line is 1.00 x, larger is slower.`);
const key = createSecretKey(randomBytes(32));
const text = 'x'.repeat(300);
let next = 0;
const results = await row('A check of a token that was verified before', {
  'without ownership, no id': checking(bare, () => plain),
  'without ownership, an id': checking(bare, () => seen),
  'no id': checking(owning, () => plain),
  'an id seen before': checking(owning, () => seen),
  'a new id': checking(owning, () => requests[next++ % IDS]),
  'one HMAC alone, of 300 bytes': () => createHmac('sha256', key).update(text).digest(),
});
const nanoseconds = Object.fromEntries(results.map(({ name, ns }) => [name, ns]));
const hmac = nanoseconds['one HMAC alone, of 300 bytes'] / 1000;
console.log(`\n${'one HMAC alone'.padEnd(20)} ${hmac.toFixed(2)} µs`);
for (const [name, target] of Object.entries(TARGETS)) {
  const added = (nanoseconds[name] - nanoseconds['no id']) / 1000;
  console.log(`${name.padEnd(20)} adds ${added.toFixed(2)} µs, target ${target} µs`);
}

function gateWith(option) {
  return createGate({
    resource: 'https://notes.example.com/mcp',
    verifier: () => ({ scopes: ['a'], subject: 'ray', clientId: 'c' }),
    scopes: ['a'],
    ownership: option,
  });
}

function requestWith(id) {
  const headers = new Headers({ authorization, ...(id !== undefined && { 'mcp-session-id': id }) });
  return { method: 'GET', url: '/mcp', headers };
}

function checking(gate, request) {
  const route = gate.route('a');
  return () => {
    const decision = route.decide(request());
    if (!decision.allowed) throw new Error(`refused: ${decision.reason}`);
    return decision;
  };
}
