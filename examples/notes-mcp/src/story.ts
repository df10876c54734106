/**
 * The story, told once per wire: the official client meets the guarded server, knowing nothing but
 * its URL. Every step is checked to have gone exactly as told, request by request.
 *
 * @module
 */

import type { Tool } from '@modelcontextprotocol/client';
import type { Checks } from './checks.js';
import { AuthorizationRefusedError } from './oauth-client.js';
import type { Credentials } from './oauth-client.js';
import type { Screen } from './screen.js';
import { createSession } from './session.js';
import type { Session } from './session.js';
import type { Wire } from './wires.js';
import type { Environment } from './environment.js';

export interface StoryContext {
  readonly environment: Environment;
  readonly screen: Screen;
  readonly checks: Checks;
}

/** The tokens and the tools that the client has in the end. */
export interface Outcome {
  /** From the first login. */
  readonly reader: Credentials;
  /** From the step-up. */
  readonly writer: Credentials;
  readonly tools: readonly Tool[];
}

/** @throws {@link CheckError} if a step has another result than described */
export async function tellStory(wire: Wire, context: StoryContext): Promise<Outcome> {
  const { environment, screen } = context;
  const session = createSession(wire, environment, screen);
  const wireContext = { ...context, wire, session };
  screen.heading(`MCP ${wire.revision}, on ${environment.framework}`);
  try {
    const tools = await connectAndList(wireContext);
    const reader = await session.credentials();
    await readNotes(wireContext);
    await addNote(wireContext);
    const writer = await session.credentials();
    await purge(wireContext);
    await readOn(wireContext);
    return { reader, writer, tools };
  } finally {
    await session.close();
  }
}

interface WireContext extends StoryContext {
  readonly wire: Wire;
  readonly session: Session;
}

/** How the browser goes to the login server and comes back. */
const BROWSER = ['GET /auth code, PKCE S256 303', 'GET /interaction/:id 303', 'GET /auth/:id 303'];
const TOKEN = 'POST /token authorization_code 200';

async function connectAndList(wireContext: WireContext): Promise<readonly Tool[]> {
  const { wire, session, environment, screen, checks } = wireContext;
  const { notes, gate } = environment;
  const runs = notes.runs;
  screen.step('The client connects and lists the tools. All it has is a URL.');
  await session.connect();
  const tools = await session.listTools();
  const trace = session.trace();
  checks.equal('requests of the login', trace.requests, [
    `POST /mcp ${wire.greeting} 401`,
    `GET ${new URL(gate.metadata.url).pathname} 200`,
    'GET /.well-known/oauth-authorization-server 200',
    'POST /reg 201',
    ...BROWSER,
    TOKEN,
    `POST /mcp ${wire.greeting} 200`,
    ...wire.afterGreeting,
    'POST /mcp tools/list 200',
  ]);
  checks.equal('the 401', trace.challenges, [
    `Bearer scope="notes:read", resource_metadata="${gate.metadata.url}"`,
  ]);
  checks.equal('what the client did after the 401', trace.events, [
    'registered',
    'authorize notes:read offline_access',
    'token notes:read',
  ]);
  checks.equal('revision that was agreed on', session.revision, wire.revision);
  checks.equal('tools that ran', notes.runs, runs);
  const names = tools.map(({ name }) => name);
  checks.equal('tools', names, ['read_notes', 'add_note', 'admin_purge']);
  screen.fact(`Logged in, it sees ${names.join(', ')}. No tool ran.`);
  return tools;
}

async function readNotes({
  session,
  environment: { notes },
  screen,
  checks,
}: WireContext): Promise<void> {
  const runs = notes.runs;
  screen.step('It calls read_notes.');
  const text = await session.call('read_notes');
  const trace = session.trace();
  checks.equal('requests of read_notes', trace.requests, ['POST /mcp tools/call read_notes 200']);
  checks.equal('what the client did at read_notes', trace.events, []);
  checks.equal('tools that ran', notes.runs, { ...runs, read_notes: runs.read_notes + 1 });
  const [first] = text.split('\n');
  checks.equal('the first note', first, 'Water the plants (mina)');
  screen.fact(`It read: ${first}`);
}

async function addNote({ wire, session, environment, screen, checks }: WireContext): Promise<void> {
  const { notes, gate } = environment;
  const { runs, size } = notes;
  screen.step('It calls add_note. Its token has notes:read, and no more.');
  await session.call('add_note', { text: `Call home, says ${wire.revision}` });
  const trace = session.trace();
  checks.equal('requests of add_note', trace.requests, [
    'POST /mcp tools/call add_note 403',
    ...BROWSER,
    TOKEN,
    'POST /mcp tools/call add_note 200',
  ]);
  const scope = wire.challengeScope('notes:write', 'notes:read');
  checks.equal('the 403 for add_note', trace.challenges, [
    `Bearer error="insufficient_scope", scope="${scope}", ` +
      `resource_metadata="${gate.metadata.url}", ` +
      'error_description="add_note needs notes:write"',
  ]);
  checks.equal('what the client did after the 403', trace.events, [
    'authorize notes:read notes:write offline_access',
    'token notes:read notes:write',
  ]);
  checks.equal('tools that had run at the 403', trace.runsAtRefusal, [runs]);
  checks.equal('tools that ran', notes.runs, { ...runs, add_note: runs.add_note + 1 });
  checks.equal('number of notes', notes.size, size + 1);
  screen.fact('Step-up: it asked for the union of what it had and what the 403 names.');
  screen.fact('When the 403 came, add_note had not run. Now it has, once.');
}

async function purge({ wire, session, environment, screen, checks }: WireContext): Promise<void> {
  const { notes, gate } = environment;
  const { runs, size } = notes;
  screen.step('It calls admin_purge. Ray does not consent to admin:notes.');
  const end = await session.call('admin_purge').catch((error: unknown) => {
    if (error instanceof AuthorizationRefusedError) return error.error;
    throw error;
  });
  const trace = session.trace();
  checks.equal('requests of admin_purge', trace.requests, [
    'POST /mcp tools/call admin_purge 403',
    ...BROWSER,
  ]);
  checks.equal('how admin_purge ended', end, 'access_denied');
  const scope = wire.challengeScope('admin:notes', 'notes:read notes:write');
  checks.equal('the 403 for admin_purge', trace.challenges, [
    `Bearer error="insufficient_scope", scope="${scope}", ` +
      `resource_metadata="${gate.metadata.url}", ` +
      'error_description="admin_purge needs admin:notes"',
  ]);
  checks.equal('what the client did after the 403', trace.events, [
    'authorize admin:notes notes:read notes:write offline_access',
    'refused admin:notes notes:read notes:write offline_access',
  ]);
  checks.equal('tools that ran', notes.runs, runs);
  checks.equal('number of notes', notes.size, size);
  checks.equal('authorizations', session.authorizations, 3);
  screen.fact(`Nothing was purged: ${size} notes, as before.`);
  screen.fact(
    'No loop: one call, one refusal, one question to Ray. In all the browser was sent to the ' +
      `login server ${session.authorizations} times: login, step-up, and this.`,
  );
}

async function readOn({
  session,
  environment: { notes },
  screen,
  checks,
}: WireContext): Promise<void> {
  screen.step('It goes on with the token it has.');
  const text = await session.call('read_notes');
  const trace = session.trace();
  checks.equal('requests of read_notes', trace.requests, ['POST /mcp tools/call read_notes 200']);
  checks.equal('what the client did at read_notes', trace.events, []);
  checks.equal('number of notes', text.split('\n').length, notes.size);
  screen.fact(`The ${notes.size} notes are there. A refused step-up costs nothing.`);
}
