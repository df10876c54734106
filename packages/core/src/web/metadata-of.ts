/**
 * Answers requests for the metadata of several gates, and CORS preflights for their resources.
 *
 * @module
 */
import { pathOf, withoutOrigin } from '../http/index.js';
import { checkGate } from './check-gate.js';
import type { GateRequest, Reply } from '../types.js';

type Respond = (request: GateRequest) => Reply | Promise<Reply> | undefined;

/** A gate, or anything else that serves a metadata document. */
export interface MetadataGate {
  readonly metadata: {
    readonly respond: Respond;
    /** The URL of the document. */
    readonly url?: string;
    readonly document?: { readonly resource: string };
    /** Answers a CORS preflight; `undefined` if the gate leaves cross-origin access to others. */
    readonly preflight?: (request: GateRequest) => Reply | undefined;
  };
}

/**
 * Makes a function that answers requests for the gates' documents, and CORS preflights for paths at and
 * below their resources: routes that are registered by method never get preflights. It returns `undefined`
 * for every other request. Of several resources above a path, the one with the longest path answers.
 *
 * @throws {@link TypeError} without a gate, and for anything that is no gate
 * @example
 * ```ts
 * const respond = metadataOf([notesGate, filesGate]);
 * const reply = await respond(request);
 * if (reply !== undefined) write(response, reply);
 * ```
 */
export function metadataOf(gates: readonly MetadataGate[]): Respond {
  if (gates.length === 0) throw new TypeError('resourceMetadata: expected at least one gate');
  for (const gate of gates) checkGate(gate, 'metadata');
  const targets = new Map(gates.map((gate) => [withoutOrigin(gate.metadata.url ?? ''), gate]));
  const resources = gates.flatMap(toResource).toSorted((a, b) => b.path.length - a.path.length);
  return (request) => {
    // The document with this URL comes before one that is also served here (`rootAlias`).
    const reply = targets.get(withoutOrigin(request.url))?.metadata.respond(request);
    if (reply !== undefined) return reply;
    for (const gate of gates) {
      const alias = gate.metadata.respond(request);
      if (alias !== undefined) return alias;
    }
    if (request.method !== 'OPTIONS') return undefined;
    const path = pathOf(request.url);
    const nearest = resources.find((resource) => isBelow(path, resource.path));
    return nearest?.metadata.preflight?.(request);
  };
}

interface Resource extends MetadataGate {
  /** The path of the resource, without a slash at its end. */
  readonly path: string;
}

function toResource({ metadata }: MetadataGate): Resource[] {
  const { document } = metadata;
  if (document === undefined) return [];
  return [{ metadata, path: pathOf(document.resource).replace(/\/$/, '') }];
}

function isBelow(path: string, base: string): boolean {
  return path === base || path.startsWith(`${base}/`);
}
