/**
 * Every server that may stand behind a gate; a header of the request says which.
 *
 * @module
 */
import { v1 as v1Zod3 } from '../../sdks/zod-3.25/index.js';
import { v1 as v1Zod4 } from '../../sdks/zod-4.0/index.js';
import { v2 as v2Lowest } from '../../sdks/zod-4.2/index.js';
import { v1 as v1Newest, v2 as v2Newest } from '../../sdks/zod-newest/index.js';
import { PROMPT_RULES, RESOURCE_RULES, TOOL_RULES, gateOf } from '../policy.js';
import type { MountPath } from '../policy.js';
import { ID_HEADER, SERVER_HEADER, underId } from '../record.js';
import { scopeChallenge } from '../scopegate.js';
import { HAND_WRITTEN } from './hand-written.js';
import { OTHER_LANGUAGES } from './other-languages.js';
import { sdkV1 } from './sdk-v1.js';
import type { SdkV1 } from './sdk-v1.js';
import { sdkV2 } from './sdk-v2.js';
import type { ChallengeFor, SdkV2 } from './sdk-v2.js';
import type { McpServerUnderTest } from './server.js';

export { HAND_WRITTEN, OTHER_LANGUAGES };

export const SDKS: Readonly<Record<string, McpServerUnderTest>> = {
  // Another version of zod has other types, but the same functions.
  'SDK v1, zod 3.25': sdkV1(v1Zod3 as unknown as SdkV1),
  'SDK v1, zod 4.0': sdkV1(v1Zod4 as unknown as SdkV1),
  'SDK v1, newest zod': sdkV1(v1Newest),
  'SDK v2, zod 4.2': sdkV2(v2Lowest as unknown as SdkV2),
  'SDK v2, newest zod': sdkV2(v2Newest),
};

const RULES = { tool: TOOL_RULES, prompt: PROMPT_RULES, resource: RESOURCE_RULES };

/** Rules that stand inside the server alone. What has none may not run. */
const fromRules: ChallengeFor = (kind, name) => {
  const rule = RULES[kind][name];
  return { scopeChallenge: scopeChallenge(gateOf('/inner'), rule ?? 'admin:notes') as never };
};

/** Servers mounted at `/inner`. */
export const INNER: Readonly<Record<string, McpServerUnderTest>> = {
  'scopeChallenge, zod 4.2': sdkV2(v2Lowest as unknown as SdkV2, fromRules),
  'scopeChallenge, newest zod': sdkV2(v2Newest, fromRules),
};

export const SERVERS: Readonly<Record<string, McpServerUnderTest>> = {
  ...SDKS,
  ...HAND_WRITTEN,
  ...OTHER_LANGUAGES,
  ...INNER,
};

/** At this path, the server that the request asks for. */
export function serverAt(mountPath: MountPath): McpServerUnderTest {
  // Only these servers have rules of their own.
  const known: Readonly<Record<string, McpServerUnderTest>> =
    mountPath === '/inner' ? INNER : SERVERS;
  const find = (name: string | null | undefined): McpServerUnderTest => known[name ?? ''] ?? NONE;
  return {
    async node(req, res, body) {
      const { [ID_HEADER]: id, [SERVER_HEADER]: name } = req.headers;
      await underId(id?.toString(), mountPath, () => find(name?.toString()).node(req, res, body));
    },
    async fetch(request, options) {
      const { headers } = request;
      const name = headers.get(SERVER_HEADER);
      return underId(headers.get(ID_HEADER), mountPath, () => find(name).fetch(request, options));
    },
  };
}

const NONE: McpServerUnderTest = {
  node: async (_req, res) => void res.writeHead(404).end(),
  fetch: async () => new Response(null, { status: 404 }),
};
