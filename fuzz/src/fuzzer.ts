/**
 * Sends requests to shapes, and compares what ran with what may run.
 *
 * @module
 */
import type { Shape, Started } from './bindings/shape.js';
import { corpusCases } from './generate/corpus-cases.js';
import { generate } from './generate/index.js';
import { mayRun } from './oracle.js';
import { createRandom } from './prng.js';
import { ID_HEADER, SERVER_HEADER, listenTo } from './record.js';
import type { Run } from './record.js';
import { send } from './send.js';
import type { Answer, Case } from './send.js';
import { HAND_WRITTEN, INNER, SDKS } from './servers/index.js';
import { callerOf } from './tokens.js';

/** What came of a request. Lists grow if something runs after the answer. */
export interface Outcome {
  readonly answer: Answer;
  readonly ran: readonly Run[];
  /** What must not be, by its kind. */
  readonly kinds: readonly string[];
}

/** Something that must not be. */
export interface Finding {
  readonly case: Case;
  /** Similar findings have the same name; only the first of each name is examined. */
  readonly kind: string;
  readonly details: unknown;
}

export interface Tally {
  requests: number;
  /** Something ran. */
  ran: number;
  /** Nothing did. */
  refused: number;
  /** Findings, those alike counted each. */
  findings: number;
}

export interface Fuzzer {
  readonly tallies: ReadonlyMap<string, Tally>;
  readonly findings: readonly Finding[];
  /** Sends requests to all shapes in turn until `isEnough`, some at a time. */
  run(isEnough: () => boolean): Promise<void>;
  /** Sends what once was a finding, or nearly: each kind of server gets all of it. */
  runCorpus(): Promise<void>;
  /** Sends one request, and counts it nowhere. */
  ask(one: Case): Promise<Outcome>;
  close(): Promise<void>;
}

const LANES = 16;

export async function startFuzzer(shapes: readonly Shape[], seed: number): Promise<Fuzzer> {
  const random = createRandom(seed);
  const started = new Map<string, Started>();
  for (const shape of shapes) started.set(shape.name, await shape.start());
  const tallies = new Map<string, Tally>();
  for (const { name } of shapes)
    tallies.set(name, { requests: 0, ran: 0, refused: 0, findings: 0 });
  const findings: Finding[] = [];
  const inFlight = new Map<string, Case>();
  let count = 0;

  const find = (one: Case, kind: string, details: unknown): void => {
    const tally = tallies.get(one.shape) as Tally;
    tally.findings++;
    if (!findings.some((known) => known.kind === kind && known.case.shape === one.shape)) {
      findings.push({ case: one, kind, details });
    }
  };
  const onStray = (error: unknown): void => {
    const [one] = inFlight.values();
    if (one !== undefined) find(one, 'an unhandled error', String(error));
  };
  process.on('unhandledRejection', onStray).on('uncaughtException', onStray);

  const ask = async (one: Case, tell: typeof find): Promise<Outcome> => {
    const id = `${seed}-${count++}`;
    const caller = callerOf(one.request.headers);
    const ran: Run[] = [];
    const kinds: string[] = [];
    const must = (holds: boolean, kind: string, details: unknown): void => {
      if (holds) return;
      kinds.push(kind);
      tell(one, kind, details);
    };
    listenTo(id, (run, mountPath) => {
      ran.push(run);
      must(mayRun(run, caller, mountPath), kindOf(run, caller.kind), { run, mountPath });
    });
    const headers = [
      ...one.request.headers,
      ...([
        [ID_HEADER, id],
        [SERVER_HEADER, one.server],
      ] as const),
    ];
    inFlight.set(id, one);
    const answer = await send(started.get(one.shape)?.origin ?? '', { ...one.request, headers });
    inFlight.delete(id);
    must(answer !== 'silent', 'no answer', answer);
    const failed = typeof answer === 'number' && answer >= 500 && ran.length === 0;
    must(!failed, `status ${answer} before the handler`, answer);
    return { answer, ran, kinds };
  };

  const sendCounted = async (one: Case): Promise<void> => {
    const { ran } = await ask(one, find);
    const tally = tallies.get(one.shape) as Tally;
    tally.requests++;
    if (ran.some(({ kind }) => kind !== 'entered')) tally.ran++;
    else tally.refused++;
  };
  const inLanes = async (next: () => Case | undefined): Promise<void> => {
    const lane = async (): Promise<void> => {
      for (let one = next(); one !== undefined; one = next()) await sendCounted(one);
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  };

  return {
    ...{ tallies, findings },
    async runCorpus() {
      const cases = corpusCases(shapes, serversOf);
      await inLanes(() => cases.shift());
    },
    async run(isEnough) {
      let next = 0;
      const turns = [1, 2, 3, 4].flatMap((turn) =>
        shapes.filter((shape) => turnsOf(shape) >= turn),
      );
      await inLanes(() => {
        if (isEnough()) return undefined;
        const shape = turns[next++ % turns.length] as Shape;
        const server = random.pick(serversOf(shape));
        return { shape: shape.name, server, request: generate(shape, server, random) };
      });
    },
    // Requests that the shrinker tries are no findings of their own.
    ask: (one) => ask(one, () => undefined),
    async close() {
      process.off('unhandledRejection', onStray).off('uncaughtException', onStray);
      for (const { close } of started.values()) await close();
    },
  };
}

/** Where more can differ, more is sent. */
function turnsOf({ kind, group }: Shape): number {
  if (kind === 'routes') return 1;
  return group === 'proxy' || group === 'broken' ? 4 : 2;
}

/** Servers of `/inner` now and then, if the shape has that path. */
function serversOf({ kind, servers }: Shape): readonly string[] {
  if (kind === 'routes') return ['routes'];
  return servers ?? ALL;
}

const ALL = [SDKS, HAND_WRITTEN, INNER].flatMap((servers) => Object.keys(servers));

function kindOf(run: Run, caller: string): string {
  return `${nameOf(run)} ran, ${caller === 'known' ? 'without its scope' : 'without a token that holds'}`;
}

/** Few enough names: what has a rule of its own is named, the rest is not. */
function nameOf(run: Run): string {
  switch (run.kind) {
    case 'entered':
      return 'a handler';
    case 'tool':
    case 'prompt':
      return `${run.kind} ${run.name}`;
    case 'resource':
    case 'watch': {
      const named = /^(?:notes:\/\/(?:hidden|veiled)|db:\/\/secrets|file:.*secret)/.exec(run.path);
      const spelt = run.uri === run.path ? '' : ', spelt otherwise,';
      return `${run.kind} ${named?.[0] ?? 'of another'}${spelt}`;
    }
    case 'complete':
      return `completion for ${run.of.replace(/(?<=:\/\/).*/, '...')}`;
    case 'task':
      return 'a task';
    case 'method':
      return `method ${run.method}`;
    case 'route':
      return `route ${run.method} ${run.path.replace(/[^/]*$/, '...')}`;
  }
}
