/** What the longest URIs cost, whatever they hold. */
import { expect, test } from 'vitest';
import { authenticated } from '../../src/index.js';
import { namesOf, readUri } from '../../src/mcp/uri-readings.js';
import { growthOf } from '../support/linear.js';
import { check, notesGate, rpc } from '../support/mcp.js';

const PARTS = [
  ...['%25', '%2525', ';', '/;', '. ', './', '.', ':', '%20', '/', '%C3%A9', 'A', '#', '?', '%3B'],
];

/** A gate, what is asked beside it, and the milliseconds that a hundred may take. */
const RULES = {
  'a template': {
    gate: notesGate({
      resources: { 'file:///docs/{name}': 'notes:read' },
      otherResources: authenticated(),
    }),
    read: readUri,
    // Some 5 ms.
    large: 50,
  },
  'a function that compares names': {
    gate: notesGate({
      otherResources: ({ operation }) =>
        operation.name === 'notes://veiled' ? 'admin:notes' : 'notes:read',
    }),
    read: namesOf,
    // Some 60 ms.
    large: 400,
  },
} as const;

test.each(
  Object.entries(RULES).flatMap(([what, rule]) => PARTS.map((part) => ({ what, part, ...rule }))),
)(
  'a hundred of the longest cost little: $what, $part [T184]',
  async ({ gate, part, read, large }) => {
    const listOf = (length: number): readonly string[] => {
      const long = part.repeat(length / part.length);
      return Array.from({ length: 100 }, (_, index) => `file:///${index}/${long}x`);
    };
    const [short, long] = [listOf(500), listOf(2000)];
    const limits = { large, ratio: 9 };
    const growth = await growthOf(async (whole) => {
      const uris = whole ? long : short;
      const notifications = { resourceSubscriptions: uris };
      await check(gate, {
        token: 'notes.read',
        body: rpc('subscriptions/listen', { notifications }),
      });
      for (const uri of uris) read(uri);
    }, limits);
    expect(growth.large).toBeLessThanOrEqual(limits.large);
    expect(growth.ratio).toBeLessThanOrEqual(limits.ratio);
  },
);
