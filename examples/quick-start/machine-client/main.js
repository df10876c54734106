/** A program without a user: it asks for a token by itself, and for more scopes when it is told to. */
import { stepUpFetch } from '@scopegate/client';
import * as oauth from 'oauth4webapi';

const {
  RESOURCE = 'http://localhost:3000/mcp',
  CLIENT_ID = 'dev',
  CLIENT_SECRET = '',
} = process.env;
const http = { [oauth.allowInsecureRequests]: new URL(RESOURCE).hostname === 'localhost' };

/** @type {import('@scopegate/client').ClientToken | undefined} */
let token;

const authorized = stepUpFetch({
  resource: RESOURCE,
  token: () => token,
  // Called for the 401 and for each 403, with the scopes that the server named and those we have.
  async authorize({ scope = '', resource, metadata }) {
    console.log(`    asks for ${scope}`);
    const issuer = new URL(metadata?.authorization_servers?.[0] ?? '');
    const server = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { ...http, algorithm: 'oauth2' }),
    );
    const client = { client_id: CLIENT_ID };
    const response = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      oauth.ClientSecretBasic(CLIENT_SECRET),
      { resource, scope },
      http,
    );
    const granted = await oauth.processClientCredentialsResponse(server, client, response);
    token = { accessToken: granted.access_token, scope: granted.scope ?? scope };
  },
});

for (const name of ['read_notes', 'add_note']) {
  const response = await authorized(RESOURCE, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({
      ...{ jsonrpc: '2.0', id: 1, method: 'tools/call' },
      params: { name, arguments: { text: 'Feed the cat' } },
    }),
  });
  await response.text();
  console.log(`${response.status} ${name}`);
}
