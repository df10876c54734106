/**
 * The gates under test. oracle.ts says independently what they must let run.
 *
 * @module
 */
import {
  allOf,
  anyOf,
  authenticated,
  createGate,
  defineScopes,
  httpPolicy,
  mcpPolicy,
  publicAccess,
  where,
} from './scopegate.js';
import type {
  Gate,
  GateOptions,
  McpPolicyOptions,
  Policy,
  Rule,
  RuleContext,
} from './scopegate.js';
import { RESOURCE, verifier } from './tokens.js';

export type Scope = 'notes:read' | 'notes:write' | 'admin:notes' | 'audit:read';
export type FuzzGate = Gate<Scope>;

export const scopes = defineScopes({
  'notes:read': { description: 'Read notes' },
  'notes:write': { description: 'Add and change notes', implies: ['notes:read'] },
  'admin:notes': { description: 'Purge notes', implies: ['notes:write'] },
  'audit:read': { description: 'Read the log' },
});

/** Arguments as users' rules read them: by plain member access. */
type Args = Readonly<Record<string, unknown>> | undefined;

const argsOf = ({ args }: RuleContext): Args => args as Args;

/** Most let pass what they do not know: a rule that misses a fact is then the looser one. */
export const TOOL_RULES: Readonly<Record<string, Rule<Scope>>> = {
  read_notes: 'notes:read',
  add_note: 'notes:write',
  admin_purge: 'admin:notes',
  audit: 'audit:read',
  combine: allOf('notes:read', 'audit:read'),
  either: anyOf('audit:read', 'notes:write'),
  read_one: (context) => (argsOf(context)?.['id'] === 'secret' ? 'admin:notes' : 'notes:read'),
  read_open: (context) => (argsOf(context)?.['id'] === 'public' ? authenticated() : 'admin:notes'),
  send: where((context) => argsOf(context)?.['to'] !== 'all', 'notes:read'),
  filter: (context) =>
    (argsOf(context)?.['filter'] as Args)?.['owner'] === 'boss' ? 'admin:notes' : 'notes:read',
  pick: (context) => {
    const ids = argsOf(context)?.['ids'];
    return Array.isArray(ids) && ids.includes('secret') ? 'admin:notes' : 'notes:read';
  },
};

export const PROMPT_RULES: Readonly<Record<string, Rule<Scope>>> = {
  greet: 'notes:read',
  brief: (context) => (argsOf(context)?.['topic'] === 'secret' ? 'admin:notes' : 'notes:read'),
};

/** The looser of two that overlap stands first. */
export const RESOURCE_RULES: Readonly<Record<string, Rule<Scope>>> = {
  'notes://{id}': ({ operation }) =>
    operation.name === 'notes://veiled' ? 'admin:notes' : 'notes:read',
  'notes://hidden': 'admin:notes',
  'notes://x': authenticated(),
  'file:///docs/{name}': 'notes:read',
  'file:///docs/secret.txt': 'admin:notes',
  'db://{table}/{id}': 'notes:read',
  'db://secrets/{id}': 'admin:notes',
};

const BASE: McpPolicyOptions<Scope> = {
  tools: TOOL_RULES,
  prompts: PROMPT_RULES,
  resources: RESOURCE_RULES,
  methods: {
    'notes/burn': 'admin:notes',
    'notes/peek': (context) =>
      argsOf(context)?.['id'] === 'secret' ? 'admin:notes' : 'notes:read',
  },
  tasks: ({ operation }) => (operation.name === 't-secret' ? 'admin:notes' : 'notes:read'),
};

/** The paths at which gates are mounted; each has other options for operations that it does not name. */
export const MOUNT_PATHS = ['/mcp', '/open', '/floor', '/loose', '/inner'] as const;
export type MountPath = (typeof MOUNT_PATHS)[number];

const POLICIES: Readonly<Record<MountPath, McpPolicyOptions<Scope>>> = {
  '/mcp': BASE,
  '/open': { ...BASE, anonymous: true, tools: { ...BASE.tools, hello: publicAccess() } },
  '/floor': { ...BASE, floor: 'notes:read' },
  '/loose': {
    ...BASE,
    ...{ otherTools: 'notes:read', otherPrompts: 'notes:read' },
    ...{ otherResources: 'notes:read', otherMethods: 'notes:read' },
  },
  // The server itself has the rules, as `scopeChallenge`.
  '/inner': {
    ...{ tools: {}, otherTools: authenticated(), otherPrompts: authenticated() },
    ...{ otherResources: authenticated(), otherMethods: authenticated(), tasks: authenticated() },
  },
};

export interface Mount {
  readonly path: MountPath;
  readonly gate: FuzzGate;
}

export const MOUNTS: readonly Mount[] = MOUNT_PATHS.map((path) => ({
  path,
  // One of them answers the preflights of browsers.
  gate: gateWith(mcpPolicy(scopes, POLICIES[path]), { cors: path === '/open' }),
}));

export function gateOf(mountPath: MountPath): FuzzGate {
  return MOUNTS.find(({ path }) => path === mountPath)?.gate as FuzzGate;
}

/** A gate that a client cannot keep waiting. Without a policy, the rule stands at the route. */
export function gateWith(
  policy?: Policy<Scope>,
  options: Pick<GateOptions<Scope>, 'cors'> & { readonly resource?: string } = {},
): FuzzGate {
  return createGate<Scope>({
    ...{ resource: RESOURCE, authorizationServers: ['https://idp.example.com'], verifier, scopes },
    ...{ initialScopes: ['notes:read'], bodyTimeout: 1000, bodyLimit: 100_000 },
    // The fuzzer never reads the metadata, so the warning about unread metadata is off.
    ...{ onWarning: () => undefined, onError: () => undefined },
    ...(policy !== undefined && { policy }),
    ...options,
  });
}

/** The policy of `/mcp` with another table, for gates that are broken on purpose. */
export function mainPolicy(changed: McpPolicyOptions<Scope> = {}): Policy<Scope> {
  return mcpPolicy(scopes, { ...BASE, ...changed });
}

export interface HttpRule {
  readonly method: string;
  readonly path: string;
  readonly rule: Rule<Scope>;
}

/** An HTTP service: of keys that overlap, one is always a part of the other. */
export const HTTP_RULES: readonly HttpRule[] = [
  { method: 'GET', path: '/{page}', rule: 'notes:read' },
  { method: 'GET', path: '/notes', rule: 'notes:read' },
  { method: 'POST', path: '/notes', rule: 'notes:write' },
  { method: 'GET', path: '/notes/{id}', rule: 'notes:read' },
  { method: 'POST', path: '/notes/{id}', rule: 'notes:write' },
  { method: 'PUT', path: '/notes/{id}', rule: 'notes:write' },
  { method: 'DELETE', path: '/notes/{id}', rule: 'admin:notes' },
  { method: 'GET', path: '/notes/secret', rule: 'admin:notes' },
  { method: 'GET', path: '/files/{a}/{b}', rule: 'notes:read' },
  { method: 'GET', path: '/files/admin/{b}', rule: 'admin:notes' },
  { method: 'GET', path: '/admin', rule: 'admin:notes' },
  { method: '*', path: '/admin', rule: 'admin:notes' },
];

/** For the whole origin; `without` leaves out a rule, for a gate that is broken on purpose. */
export function httpGate(without?: string): FuzzGate {
  const rules = HTTP_RULES.filter(({ path }) => path !== without);
  return gateWith(httpPolicy<Scope>(rules), { resource: new URL(RESOURCE).origin });
}
