import assert from 'node:assert/strict';
import test from 'node:test';
import { createTestIssuer } from '@scopegate/testing';
import { RESOURCE, notesService } from '../dist/notes.js';

const issuer = createTestIssuer({ resource: RESOURCE });
const notes = notesService(issuer.verifier());

await test('a token needs notes:read', async () => {
  const headers = {
    authorization: `Bearer ${await issuer.mintToken({ scopes: ['notes:write'] })}`,
  };
  const response = await notes(new Request(RESOURCE, { headers }));
  assert.match(response.headers.get('www-authenticate'), /scope="notes:read"/);
});
