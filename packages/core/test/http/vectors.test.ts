import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import { describe, expect, test } from 'vitest';
import { readJson } from './vectors.js';

const names = [
  'challenges',
  'authorization',
  'scopes',
  'scopes-from-claims',
  'metadata-urls',
  'metadata-validation',
  'answers',
  'metadata-answers',
];

describe.each(names)('vectors/%s.json', (name) => {
  const validator = new AjvJsonSchemaValidator().getValidator(
    readJson(`schema/${name}.json`) as object,
  );
  const file = readJson(`${name}.json`) as { $schema: string; vectors: { name: string }[] };

  test('fits its schema', () => {
    expect(validator(file)).toMatchObject({ valid: true });
    expect(file.$schema).toBe(`./schema/${name}.json`);
  });

  test('the schema refuses a case without its input and one with a misspelt member', () => {
    const [first] = file.vectors;
    const broken = [
      { name: first?.name, spec: 'x' },
      { ...first, mustfail: true },
    ];
    for (const one of broken) {
      expect(validator({ ...file, vectors: [one] })).toMatchObject({ valid: false });
    }
  });

  test('names every case once', () => {
    const seen = file.vectors.map((vector) => vector.name);
    expect(new Set(seen).size).toBe(seen.length);
  });
});

test('attacks/requests.json fits its schema, and names every case once', () => {
  const schema = readJson('../attacks/schema.json') as object;
  const file = readJson('../attacks/requests.json') as { cases: { name: string }[] };
  const validator = new AjvJsonSchemaValidator().getValidator(schema);
  expect(validator(file)).toMatchObject({ valid: true });
  expect(validator({ ...file, cases: [{ ...file.cases[0], run: [] }] })).toMatchObject({
    valid: false,
  });
  expect(new Set(file.cases.map(({ name }) => name)).size).toBe(file.cases.length);
});
