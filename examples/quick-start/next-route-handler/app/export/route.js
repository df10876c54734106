import { exportNotes } from '@scopegate/example-notes'; // yours
import { gate } from '../../gate.js';

export const GET = gate.fetch(
  (_request, { auth }) => Response.json(exportNotes(auth?.subject)),
  'notes:read', // by route
);
