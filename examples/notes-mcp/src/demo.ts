/**
 * The whole demo: the story on both wires, the scope map, and what held.
 *
 * @module
 */

import { createChecks } from './checks.js';
import { proveScopeMap } from './scope-map.js';
import { createScreen } from './screen.js';
import type { Print } from './screen.js';
import { tellStory } from './story.js';
import type { Outcome } from './story.js';
import { LEGACY, MODERN } from './wires.js';
import type { Wire } from './wires.js';
import { startEnvironment } from './environment.js';
import type { EnvironmentOptions } from './environment.js';

/** @throws {@link CheckError} if anything it shows did not happen */
export async function runDemo(options: EnvironmentOptions, print: Print): Promise<void> {
  const started = performance.now();
  const environment = await startEnvironment(options);
  try {
    const screen = createScreen(print);
    const checks = createChecks();
    const context = { environment, screen, checks };
    screen.line('Scopegate: a guarded MCP server, its login server and the official client.');
    screen.cast(environment);

    const outcomes = new Map<Wire, Outcome>();
    for (const wire of [LEGACY, MODERN]) outcomes.set(wire, await tellStory(wire, context));
    await proveScopeMap(outcomes, context);

    const tokens = [...outcomes.values()].flatMap(({ reader, writer }) => [reader, writer]);
    const secrets = tokens.flatMap((credentials) => credentials.secrets);
    const leaks = secrets.filter((secret) => screen.lines.some((line) => line.includes(secret)));
    checks.equal('number of tokens on the screen', leaks.length, 0);
    checks.equal('runs of admin_purge', environment.notes.runs.admin_purge, 0);

    const revisions = [...outcomes.keys()].map(({ revision }) => revision).join(' and ');
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    screen.heading('Everything held');
    screen.line();
    screen.fact(
      `${checks.held} checks on ${environment.framework}, MCP ${revisions}, in ${seconds} s.`,
    );
    screen.fact('No token: 401, and where to get one. Nothing ran.');
    screen.fact('Too little: 403, and what it takes. Nothing ran. One step-up cured it.');
    screen.fact('Ray said no: that was the end of it. admin_purge ran 0 times.');
    screen.fact('No token was printed.');
  } finally {
    await environment.close();
  }
}
