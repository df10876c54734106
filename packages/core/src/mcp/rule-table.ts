/**
 * Compiles the options of an MCP policy into tables of rules.
 *
 * @module
 */
import {
  anyOf,
  authenticated,
  compileRule,
  deny,
  publicAccess,
  refuseOverlappingTexts,
} from '../policy/index.js';
import type { CompiledRule, PolicyDefault, PolicyEntry, Rule } from '../policy/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import { defaultFor } from './policy-options.js';
import type { PolicySettings, Rules } from './policy-options.js';
import { ResourceRules } from './resource-rules.js';

/** The tables in which rules are looked up. */
export interface RuleTable {
  readonly tools: ReadonlyMap<string, CompiledRule>;
  readonly prompts: ReadonlyMap<string, CompiledRule>;
  readonly resources: ResourceRules;
  readonly methods: ReadonlyMap<string, CompiledRule>;
  /** The rule of the handshake, lists, notifications, responses and sessions. */
  readonly floor: CompiledRule;
  readonly tasks: CompiledRule;
  /** Rules of tasks by the tool that began them. */
  readonly taskRules: ReadonlyMap<string, CompiledRule>;
  readonly otherTools: CompiledRule;
  readonly otherPrompts: CompiledRule;
  readonly otherMethods: CompiledRule;
  /** How many URIs one `subscriptions/listen` may name. */
  readonly maxSubscriptions: number;
}

/** The tables, and lists of their rules for `Policy.entries` and `Policy.defaults`. */
export interface CompiledTable {
  readonly table: RuleTable;
  readonly entries: readonly PolicyEntry[];
  /** The rules of `taskRules`. */
  readonly taskEntries: readonly PolicyEntry[];
  readonly defaults: readonly PolicyDefault[];
  readonly mayBePublic: boolean;
}

/**
 * Compiles the rules of all options.
 *
 * @throws {@link TypeError} naming the rule, for an unknown scope, an unsupported template or an overlap
 */
export function compileTable(catalogue: ScopeCatalogue, settings: PolicySettings): CompiledTable {
  const compile = (rule: Rule, path: string): CompiledRule => compileRule(rule, catalogue, path);
  const [tools, prompts, resources, methods, taskRules] = (
    ['tools', 'prompts', 'resources', 'methods', 'taskRules'] as const
  ).map((name) => compileRules(name, settings[name], compile)) as [
    ...[Table, Table, Table, Table, Table],
  ];
  refuseOverlappingTexts(resources, 'resources');
  const defaults: Readonly<Record<DefaultName, CompiledRule>> = {
    otherResources: compile(settings.otherResources ?? deny(), 'otherResources'),
    floor: compile(floorRule(settings), 'floor'),
    tasks: compile(settings.tasks ?? deny(), 'tasks'),
    otherTools: compile(settings.otherTools ?? deny(), 'otherTools'),
    otherPrompts: compile(settings.otherPrompts ?? deny(), 'otherPrompts'),
    otherMethods: compile(settings.otherMethods ?? deny(), 'otherMethods'),
  };
  const { otherResources, ...others } = defaults;
  const all = [tools, prompts, resources, methods].flatMap((rules) => [...rules.values()]);
  return {
    table: {
      ...{ tools, prompts, methods, taskRules, ...others },
      resources: new ResourceRules(resources, otherResources),
      maxSubscriptions: settings.maxSubscriptions,
    },
    entries: [
      ...[...tools].map(([name, rule]) => toEntry('tools/call', name, rule, 'otherTools')),
      ...[...prompts].map(([name, rule]) => toEntry('prompts/get', name, rule, 'otherPrompts')),
      ...[...resources].map(([name, rule]) =>
        toEntry('resources/read', name, rule, 'otherResources'),
      ),
      ...[...methods].map(([name, rule]) => toEntry(name, undefined, rule, defaultFor(name))),
    ],
    taskEntries: [...taskRules].map(([name, rule]) => toEntry('tasks/*', name, rule)),
    defaults: DEFAULTS.map(([name, label]) =>
      Object.freeze({ name, label, rule: defaults[name].rule }),
    ),
    mayBePublic: [...all, ...Object.values(defaults)].some((rule) => rule.isPublic),
  };
}

/** The options whose rules apply to operations that no table names, with a description of the operations. */
const DEFAULTS = [
  ['floor', 'handshake, lists, notifications, sessions'],
  ['tasks', 'any task'],
  ['otherTools', 'any other tool'],
  ['otherPrompts', 'any other prompt'],
  ['otherResources', 'any other resource'],
  ['otherMethods', 'any other method'],
] as const;
type DefaultName = (typeof DEFAULTS)[number][0];

type Table = ReadonlyMap<string, CompiledRule>;

/** Compiles the rules of one option. The result is a map, because a tool may be called `constructor`. */
function compileRules(
  name: string,
  rules: Rules<string> = {},
  compile: (rule: Rule, path: string) => CompiledRule,
): Table {
  return new Map(
    Object.entries(rules).map(([key, rule]) => [key, compile(rule, `${name}['${key}']`)]),
  );
}

function floorRule({ floor = authenticated(), anonymous }: PolicySettings): Rule {
  return anonymous ? anyOf(publicAccess(), floor) : floor;
}

function toEntry(
  method: string,
  name: string | undefined,
  rule: CompiledRule,
  otherwise?: DefaultName,
): PolicyEntry {
  return Object.freeze({
    operation: Object.freeze({
      protocol: 'mcp' as const,
      method,
      ...(name !== undefined && { name }),
    }),
    rule: rule.rule,
    ...(otherwise !== undefined && { otherwise }),
  });
}
