import { createGate } from '@scopegate/core';
import { jwtVerifier } from '@scopegate/core/jwt';
import { authOf, protect, resourceMetadata } from '@scopegate/express';
import express from 'express';

const { PORT = '3000', ISSUER = 'https://idp.example.com' } = process.env;

// One verifier: keys and verified tokens are kept once. The audience is each gate's own resource.
const verifier = jwtVerifier({ issuer: ISSUER, allowInsecureLoopback: true });

const notes = createGate({
  resource: `http://localhost:${PORT}/notes`,
  authorizationServers: [ISSUER],
  verifier,
  scopes: ['notes:read', 'notes:write'],
  initialScopes: ['notes:read'],
});
const calendar = createGate({
  resource: `http://localhost:${PORT}/calendar`,
  authorizationServers: [ISSUER],
  verifier,
  scopes: ['calendar:read'],
});

const app = express();
app.use(resourceMetadata(notes, calendar)); // each at its own well-known URL
app.get('/notes', protect(notes, 'notes:read'), (req, res) => {
  res.json({ notes: ['Water the plants'], reader: authOf(notes, req).subject });
});
app.post('/notes', protect(notes, 'notes:write'), (_req, res) => {
  res.sendStatus(201);
});
app.get('/calendar', protect(calendar, 'calendar:read'), (req, res) => {
  res.json({ events: [], reader: authOf(calendar, req).subject });
});
app.listen(Number(PORT), () => console.log(`http://localhost:${PORT}/notes`));
