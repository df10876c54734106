/**
 * One process of several: it sends requests for its time, then shrinks its findings.
 *
 * @module
 */
import { SHAPES } from './bindings/index.js';
import { BROKEN } from './bindings/broken.js';
import type { Shape } from './bindings/shape.js';
import { startFuzzer } from './fuzzer.js';
import type { Finding, Fuzzer, Tally } from './fuzzer.js';
import { shrink } from './shrink.js';

export interface Task {
  readonly shapes: readonly string[];
  readonly seed: number;
  /** Milliseconds. */
  readonly time: number;
}

export interface Report {
  readonly tallies: readonly (readonly [shape: string, tally: Tally])[];
  readonly findings: readonly GroupedFinding[];
}

/** Alike in all shapes that it came up in. */
export interface GroupedFinding extends Finding {
  readonly shapes: readonly string[];
}

/** Tells how many requests there were and what was found, now and then. */
export type OnProgress = (requests: number, findings: number) => void;

export async function work(task: Task, onProgress: OnProgress): Promise<Report> {
  const shapes = [...SHAPES, ...BROKEN].filter(({ name }) => task.shapes.includes(name));
  const fuzzer = await startFuzzer(shapes, task.seed);
  const end = Date.now() + task.time;
  const timer = setInterval(() => onProgress(...totals(fuzzer)), 500);
  await fuzzer.runCorpus();
  await fuzzer.run(() => Date.now() >= end);
  clearInterval(timer);
  onProgress(...totals(fuzzer));
  const findings = await group(fuzzer, shapes);
  await fuzzer.close();
  return { tallies: [...fuzzer.tallies], findings };
}

function totals({ tallies, findings }: Fuzzer): [requests: number, findings: number] {
  const requests = [...tallies.values()].reduce((sum, tally) => sum + tally.requests, 0);
  return [requests, findings.length];
}

/** The first of each kind, made as small as it can be. */
async function group(fuzzer: Fuzzer, shapes: readonly Shape[]): Promise<GroupedFinding[]> {
  const kinds = new Set(fuzzer.findings.map(({ kind }) => kind));
  const grouped: GroupedFinding[] = [];
  for (const kind of kinds) {
    const alike = fuzzer.findings.filter((finding) => finding.kind === kind);
    const [first] = alike as [Finding];
    const request = await shrink(first.case.request, async (candidate) => {
      const { kinds: found } = await fuzzer.ask({ ...first.case, request: candidate });
      return found.includes(kind);
    });
    const names = new Set(alike.map(({ case: { shape } }) => shape));
    grouped.push({
      ...first,
      case: { ...first.case, request },
      shapes: shapes.map(({ name }) => name).filter((name) => names.has(name)),
    });
  }
  return grouped;
}
