/**
 * Which token reaches which tool: worked out from the policy, then tried over HTTP, cell by cell.
 *
 * @module
 */

import { lintPolicy, scopeMap } from '@scopegate/audit';
import { createNotesGate } from './notes-server.js';
import type { Credentials } from './oauth-client.js';
import type { Outcome, StoryContext } from './story.js';
import type { Wire } from './wires.js';
import type { Environment } from './environment.js';

const COLUMNS = ['no token', 'reader', 'writer'] as const;

/** The arguments of each tool. A tool that is not named here takes none. */
const ARGUMENTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  add_note: { text: 'Added for the scope map' },
};

/**
 * Calls every tool without a token, as reader and as writer, on each wire, and compares the answers
 * and what ran with the policy.
 *
 * @throws {@link CheckError} if any cell is not as the policy says
 */
export async function proveScopeMap(
  outcomes: ReadonlyMap<Wire, Outcome>,
  { environment, screen, checks }: StoryContext,
): Promise<void> {
  const [outcome] = outcomes.values();
  if (outcome === undefined) throw new Error('No wire to try');
  const { reader, writer, tools } = outcome;
  screen.heading('Scope map');
  screen.line();
  screen.line(`    reader: a token with ${reader.scope}`);
  screen.line(`    writer: a token with ${writer.scope}`);
  screen.line();
  screen.line(tableLine(['tool', 'needs', ...COLUMNS]));

  // The map of the gate as it should be; the one in front of the server is what is tried.
  const gate = createNotesGate(environment);
  const grants = { 'no token': undefined, reader: reader.scope, writer: writer.scope };
  const { rows } = scopeMap(gate, { grants });
  const toolRows = rows.filter(({ method }) => method === 'tools/call');
  checks.equal('findings in the policy', lintPolicy(gate, { tools }), []);
  checks.equal('scope of the reader', reader.scope, 'notes:read');
  const ranForReader = new Set<string>();
  for (const { name: tool = '', requires, access } of toolRows) {
    const promised = access.map(({ status = 200 }) => status);
    for (const [wire, tokens] of outcomes) {
      for (const [index, column] of COLUMNS.entries()) {
        const credentials = column === 'no token' ? undefined : tokens[column];
        const seen = await attempt(wire, tool, credentials, environment);
        const status = promised[index];
        const ran = status === 200 ? [tool] : [];
        checks.equal(`${tool} with ${column}, MCP ${wire.revision}`, seen, { status, ran });
        if (column === 'reader') for (const name of seen.ran) ranForReader.add(name);
      }
    }
    const shown = promised.map((status) => (status === 200 ? '200 ran' : status));
    screen.line(tableLine([tool, requires, ...shown]));
  }

  const writeTools = tools.filter((tool) => tool.annotations?.readOnlyHint !== true);
  const writers = namesOf(writeTools, 'name');
  checks.equal('tools that write', writers, ['add_note', 'admin_purge']);
  const reached = writers.filter((name) => ranForReader.has(name));
  checks.equal('tools that write and ran for the reader', reached, []);
  screen.line();
  screen.fact(
    `Proven: a notes:read token reaches no write tool. All ${toolRows.length} tools were called ` +
      `with it, on ${outcomes.size} wires: ${[...ranForReader].join(', ')} ran, and neither ` +
      `${writers.join(' nor ')} did.`,
  );
}

interface Attempt {
  readonly status: number;
  /** The tools that ran meanwhile, by the server's own count. */
  readonly ran: readonly string[];
}

async function attempt(
  wire: Wire,
  tool: string,
  credentials: Credentials | undefined,
  { notes, resource }: Environment,
): Promise<Attempt> {
  const before = new Map(Object.entries(notes.runs));
  const { headers, body } = wire.request(tool, ARGUMENTS[tool] ?? {});
  const authorization = credentials && { authorization: `Bearer ${credentials.accessToken}` };
  const init = { method: 'POST', headers: { ...headers, ...authorization }, body };
  const response = await fetch(resource, init);
  // The answer is complete, and the tool done, only when the body is.
  await response.text();
  const ran = Object.entries(notes.runs).filter(([name, runs]) => runs !== before.get(name));
  return { status: response.status, ran: ran.map(([name]) => name) };
}

function namesOf<K extends string>(all: readonly Readonly<Record<K, string>>[], key: K): string[] {
  return all.map((one) => one[key]);
}

function tableLine(cells: readonly (string | number)[]): string {
  return `    ${cells.map((cell) => String(cell).padEnd(14)).join('')}`.trimEnd();
}
