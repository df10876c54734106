/**
 * An upstream that reads JSON as Go's encoding/json does: a member fills the field of its name, or else
 * the field whose name equals it but for case; of several, the last one counts.
 *
 * @module
 */
import { parseJson } from '../../core/src/values.js';
import { DONE, json, startUpstream } from './support.js';

/** A field is a text, any value, or a structure. */
export interface Fields {
  readonly [name: string]: 'any' | Fields;
}

/** What `json.Unmarshal` makes of a value, for a structure. A member that is no structure leaves it empty. */
export function unmarshal(
  value: unknown,
  fields: Fields,
  into: Record<string, unknown> = {},
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return into;
  for (const [name, member] of Object.entries(value)) {
    const field = fieldOf(name, fields);
    if (field === undefined) continue;
    const kind = fields[field] as Fields[string];
    if (kind === 'any') into[field] = member;
    // A structure that comes again is filled further, as Go does.
    else into[field] = unmarshal(member, kind, into[field] as Record<string, unknown> | undefined);
  }
  return into;
}

function fieldOf(name: string, fields: Fields): string | undefined {
  if (Object.hasOwn(fields, name)) return name;
  return Object.keys(fields).find((field) => equalFold(field, name));
}

/** `bytes.EqualFold`: simple case folding, which `iu` has, too. Names here hold no special characters. */
function equalFold(field: string, name: string): boolean {
  return new RegExp(`^${field}$`, 'iu').test(name);
}

export const MESSAGE: Fields = {
  jsonrpc: 'any',
  id: 'any',
  method: 'any',
  params: {
    name: 'any',
    uri: 'any',
    arguments: { id: 'any', folder: 'any', desk: 'any', filter: { status: 'any' } },
    _meta: { 'io.modelcontextprotocol/protocolVersion': 'any' },
    ref: { type: 'any', name: 'any', uri: 'any' },
    notifications: { resourceSubscriptions: 'any' },
  },
};

/** What ran. */
export type Ran = ReturnType<typeof unmarshal>;

export async function startFoldingUpstream(): Promise<{ url: string; ran: Ran[] }> {
  const ran: Ran[] = [];
  const { url } = await startUpstream((_req, res, body) => {
    ran.push(unmarshal(parseJson(body), MESSAGE));
    json(res, DONE);
  });
  return { url, ran };
}
