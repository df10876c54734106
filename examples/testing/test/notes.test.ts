import { createTestIssuer } from '@scopegate/testing';
import { expect, test } from 'vitest';
import { RESOURCE, notesService } from '../src/notes.js';

const issuer = createTestIssuer({ resource: RESOURCE });
const notes = notesService(issuer.verifier());

test.each([
  [['notes:read'], 200],
  [['notes:write'], 403], // here, writing does not imply reading
])('a token with %j is answered %i', async (scopes, status) => {
  const headers = { authorization: `Bearer ${await issuer.mintToken({ scopes })}` };
  expect((await notes(new Request(RESOURCE, { headers }))).status).toBe(status);
});
