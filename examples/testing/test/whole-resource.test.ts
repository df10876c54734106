import { checkResource, createTestIssuer, formatFindings } from '@scopegate/testing';
import { expect, test } from 'vitest';
import { RESOURCE, notesService } from '../src/notes.js';

test('what clients and attackers of a protected resource do', async () => {
  const issuer = createTestIssuer({ resource: RESOURCE });
  const notes = notesService(issuer.verifier());
  const report = await checkResource(notes, { issuer, scopes: ['notes:read'] });
  expect(report.findings, formatFindings(report)).toEqual([]);
});
