/** After what the client does not see succeed, the application says so. */
import { describe, expect, test } from 'vitest';
import type { StepUpError } from '../src/index.js';
import { READ, WRITE, createApp, json, notes, refuse, rejection, startServer } from './support.js';

describe('operations of stepUp that the application calls succeeded', () => {
  const challenge = { error: 'insufficient_scope', scopes: [WRITE], params: new Map() };

  test('of an expired token: renewals that work are not counted, however many', async () => {
    const { app } = await notes(READ);
    const expired = { error: 'invalid_token', scopes: [], params: new Map() };
    for (let i = 0; i < 15; i += 1) {
      await app.fetch.stepUp(expired, 'read_notes');
      await app.fetch.succeeded('read_notes');
    }
    expect(app.authorizations).toHaveLength(15);
  });

  test('of an expired token: renewals that do not work are counted [CS-5, IB-5]', async () => {
    const { app } = await notes(READ);
    const expired = { error: 'invalid_token', scopes: [], params: new Map() };
    await app.fetch.stepUp(expired, 'read_notes');
    await app.fetch.succeeded('add_note');
    await app.fetch.stepUp(expired, 'read_notes');
    expect(await rejection(app.fetch.stepUp(expired, 'read_notes'))).toMatchObject({
      code: 'operation_limit',
    });
    expect(app.authorizations).toHaveLength(2);
  });

  test('step-ups that work are counted for the resource [T114]', async () => {
    const { app } = await notes(READ);
    for (let i = 0; i < 10; i += 1) {
      const lacks = { error: 'insufficient_scope', scopes: [`s${i}`], params: new Map() };
      await app.fetch.stepUp(lacks, 'add_note');
      await app.fetch.succeeded('add_note');
    }
    expect(await rejection(app.fetch.stepUp(challenge, 'add_note'))).toMatchObject({
      code: 'resource_limit',
    });
  });

  test('a ledger that fails does not fail an operation that succeeded', async () => {
    const ledger = new Map<string, string>();
    const { app } = await notes(READ, { ledger });
    await app.fetch.stepUp(challenge, 'add_note');
    ledger.set = () => {
      throw new Error('full');
    };
    await app.fetch.succeeded('add_note');
    expect(JSON.parse([...ledger.values()][0] ?? '')).toMatchObject({ attempts: [{ ok: false }] });
  });
});

test('renewals before a stream is sent again are not counted after succeeded', async () => {
  let requests = 0;
  const server = await startServer((_request, response) => {
    requests += 1;
    if (requests % 2 === 1) return refuse(response, 401, 'Bearer error="invalid_token"');
    json(response, 200, {});
  });
  const app = createApp({ resource: server.resource, scope: READ });
  const upload = () =>
    app.fetch(server.resource, {
      method: 'POST',
      body: new Blob(['x']).stream(),
      duplex: 'half',
    } as RequestInit);
  for (let i = 0; i < 5; i += 1) {
    const error = (await rejection(upload())) as StepUpError;
    expect(error.code).toBe('body_not_repeatable');
    expect((await upload()).status).toBe(200);
    await app.fetch.succeeded(error.operation.id);
  }
  expect(app.authorizations).toHaveLength(5);
});
