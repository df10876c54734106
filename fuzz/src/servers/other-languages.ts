/**
 * Servers that read bytes as other languages do: they run behind a proxy only, which forwards the bytes.
 *
 * @module
 */
import { readJson } from '../json.js';
import type { Json } from '../json.js';
import { handWritten } from './hand-written.js';
import { asNode } from './resources.js';
import type { McpServerUnderTest } from './server.js';

/** As Go's encoding/json fills a structure: names in any case, the last that fits wins. */
const folding = handWritten({
  parse: (content) => toValue(readJson(content), { key: fold, last: true }),
  member: (value, name) => memberOf(value, fold(name)),
  readUri: asNode,
});

/** As parsers do that keep the first of two members. */
const firstWins = handWritten({
  parse: (content) => toValue(readJson(content), { key: (name) => name, last: false }),
  member: memberOf,
  readUri: asNode,
});

export const OTHER_LANGUAGES: Readonly<Record<string, McpServerUnderTest>> = {
  'names in any case': folding,
  'first member wins': firstWins,
};

interface Reading {
  readonly key: (name: string) => string;
  readonly last: boolean;
}

function toValue(json: Json, reading: Reading): unknown {
  switch (json.kind) {
    case 'scalar':
      return JSON.parse(json.text) as unknown;
    case 'list':
      return json.items.map((item) => toValue(item, reading));
    case 'object': {
      const record = Object.create(null) as Record<string, unknown>;
      for (const [name, part] of json.members) {
        const key = reading.key(name);
        if (reading.last || !Object.hasOwn(record, key)) record[key] = toValue(part, reading);
      }
      return record;
    }
  }
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

/** Simple folding also takes the Kelvin sign for `k`, and the long s for `s`. */
function fold(name: string): string {
  return name.toUpperCase().toLowerCase();
}
