/**
 * The unchanged corpus, sent by a caller with `notes:read` alone.
 *
 * @module
 */
import corpus from '../../corpus.json' with { type: 'json' };
import type { Shape } from '../bindings/shape.js';
import type { Case } from '../send.js';

const READER = ['Authorization', 'Bearer reader'] as const;
const LABELS = [
  ['Content-Type', 'application/json'],
  ['Accept', 'application/json, text/event-stream'],
] as const;

/** Each body to each kind of server, the bindings in turn; each target to each shape with routes. */
export function corpusCases(
  shapes: readonly Shape[],
  serversOf: (shape: Shape) => readonly string[],
): Case[] {
  const routed = shapes.filter(({ kind }) => kind === 'routes');
  const targets = routed.flatMap(({ name }) =>
    corpus.targets.map(([method = '', target = '']): Case => {
      const request = { method, target, headers: [READER] };
      return { shape: name, server: 'routes', request };
    }),
  );
  const mcp = shapes.filter(({ kind }) => kind === 'mcp');
  const servers = [...new Set(mcp.flatMap(serversOf))];
  const bodies = servers.flatMap((server, row) => {
    const fitting = mcp.filter((shape) => serversOf(shape).includes(server));
    return corpus.bodies.flatMap((body, column): Case[] => {
      const shape = fitting[(row * corpus.bodies.length + column) % fitting.length];
      if (shape === undefined) return [];
      const target = server.startsWith('scopeChallenge') ? '/inner' : '/mcp';
      const request = { method: 'POST', target, headers: [READER, ...LABELS], body };
      return [{ shape: shape.name, server, request }];
    });
  });
  return [...targets, ...bodies];
}
