/** Reading and writing WWW-Authenticate. */
import { bearerChallenge, parseChallenges, serializeChallenge } from '@scopegate/core';
import { format } from 'auth-header';
import { DOES_IT, row, target, times } from './measure.mjs';
import { OAUTH4WEBAPI, readers } from './peers.mjs';

const METADATA = 'https://notes.example.com/.well-known/oauth-protected-resource/mcp';
const MCP_403 = 'parse: MCP 403, 4 parameters';

const INPUTS = {
  'parse: simple Bearer': 'Bearer realm="example"',
  [MCP_403]:
    'Bearer error="insufficient_scope", scope="notes:write notes:read", ' +
    `resource_metadata="${METADATA}", error_description="add_note needs notes:write"`,
  'parse: three challenges':
    'Negotiate, Basic realm="a, b", Bearer error="invalid_token", scope="notes:read", ' +
    `resource_metadata="${METADATA}"`,
};

export async function challenges() {
  const whole = [];
  for (const [title, header] of Object.entries(INPUTS)) {
    const { candidates, failing } = await readers(header);
    const results = await row(title, candidates);
    for (const failure of failing) console.log(`  ${failure}`);
    const [, ...peers] = results.filter(({ verdict }) => verdict === DOES_IT);
    whole.push(...peers.map((peer) => ({ ...peer, title })));
  }
  const [nearest] = whole.toSorted((a, b) => a.ratio - b.ratio);
  target(
    'parsing is faster than every peer that reads the row',
    nearest.ratio > 1,
    `the nearest, ${nearest.name} in "${nearest.title}", takes ${times(nearest.ratio)}`,
  );
  const oauth = whole.find(({ name, title }) => name === OAUTH4WEBAPI && title === MCP_403);
  target(
    'parsing the MCP 403 is 10 times faster than by oauth4webapi',
    oauth !== undefined && oauth.ratio >= 10,
    oauth === undefined ? 'it does not read the row' : times(oauth.ratio),
  );
  await building();
}

async function building() {
  const params = {
    error: 'insufficient_scope',
    scope: 'notes:write notes:read',
    resource_metadata: METADATA,
    error_description: 'add_note needs notes:write',
  };
  const writers = {
    'scopegate, bearerChallenge': () =>
      bearerChallenge({
        error: 'insufficient_scope',
        scope: ['notes:write', 'notes:read'],
        resourceMetadata: METADATA,
        errorDescription: 'add_note needs notes:write',
      }),
    'scopegate, serializeChallenge': () => serializeChallenge({ scheme: 'Bearer', params }),
    'auth-header': () => format('Bearer', [], params),
    'by hand, no value looked at': () =>
      `Bearer ${Object.entries(params)
        .map(([name, value]) => `${name}="${value}"`)
        .join(', ')}`,
  };
  const text = writers['scopegate, bearerChallenge']();
  await row(
    'build: MCP 403, 4 parameters',
    Object.fromEntries(
      Object.entries(writers).map(([name, run]) => [name, { run, verdict: written(run(), text) }]),
    ),
  );
}

function written(text, wanted) {
  if (text === wanted) return DOES_IT;
  const problem = parseChallenges(text).flatMap(({ problems }) => problems)[0];
  return problem === undefined ? 'writes another' : `writes no legal one: ${problem.code}`;
}
