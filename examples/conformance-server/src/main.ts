/**
 * Runs the official conformance suite against the same servers, bare and behind the gate. Exit
 * code 0 only if both pass the same checks, among them all that are required, and each broken gate is
 * noticed.
 *
 * @module
 */
import { PLACES } from './apps.js';
import type { Guarded, Place } from './apps.js';
import { compare, tally } from './compare.js';
import { CONTROLS } from './controls.js';
import type { Binding, McpEndpoint } from './endpoint.js';
import { describeDifferences, table } from './report.js';
import type { Row } from './report.js';
import { withBare, withGate } from './serve-endpoint.js';
import { SUITE, runSuite } from './suite.js';
import type { Revision } from './suite.js';
import { createV1Endpoint } from './v1/endpoint.js';
import { createV2Endpoint } from './v2/endpoint.js';

interface Generation {
  readonly sdk: string;
  readonly revisions: readonly Revision[];
  readonly create: (binding?: Binding) => McpEndpoint;
}

const GENERATIONS: readonly Generation[] = [
  { sdk: 'v2', revisions: ['2025-11-25', '2026-07-28'], create: createV2Endpoint },
  { sdk: 'v1', revisions: ['2025-11-25'], create: createV1Endpoint },
];

process.exitCode = (await runSuites()) ? 0 : 1;

async function runSuites(): Promise<boolean> {
  const started = performance.now();
  const rows: Row[] = [];
  for (const generation of GENERATIONS) {
    for (const revision of generation.revisions) {
      for (const place of PLACES) {
        console.error(`SDK ${generation.sdk}, ${revision}, ${place.name} ...`);
        rows.push(...(await runPlace(generation, revision, place)));
      }
    }
  }
  const differing = rows.filter(({ differences }) => differences?.length);
  for (const line of table(rows)) console.log(line);
  console.log();
  for (const row of differing) for (const line of describeDifferences(row)) console.log(line);
  const missed = await runControls();
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log();
  console.log(`${SUITE}, servers on Node ${process.versions.node}, ${seconds} s`);
  const weak = rows.some(({ tally: { required } }) => required[0] < required[1]);
  if (weak) console.log('A server fails what its revision requires: agreement proves little.');
  const agree = differing.length === 0 && missed === 0;
  console.log(agree ? 'The gate changes no check.' : 'NOT the same with and without the gate.');
  return agree && !weak;
}

/** First bare, then each way to guard it, every time with a new server. */
async function runPlace(
  { sdk, create }: Generation,
  revision: Revision,
  place: Place,
): Promise<readonly Row[]> {
  const bare = await withBare(place, create(), (url) => runSuite(url, revision));
  const rows: Row[] = [{ sdk, revision, place: `${place.name}, bare`, tally: tally(bare) }];
  for (const { how, guard } of place.guarded) {
    for (const isOwning of [false, true]) {
      rows.push(
        await withGate({ guard, isOwning }, create, async ({ url, admitted }) => {
          const found = await runSuite(url, revision);
          return {
            sdk,
            revision,
            place: `${place.name}, ${how}${isOwning ? ', ids owned' : ''}`,
            tally: tally(found),
            admitted: admitted(),
            // A gate with ownership knows no task of a server without tasks, as SEP-2663 asks of servers.
            differences: compare(bare, found).filter(
              (one) => !isOwning || !one.guarded.endsWith(': SUCCESS'),
            ),
          };
        }),
      );
    }
  }
  return rows;
}

/** How many broken gates were not noticed. */
async function runControls(): Promise<number> {
  let missed = 0;
  const [place] = PLACES as [Place];
  const [guarded] = place.guarded as [Guarded];
  for (const { name, scenario, spoil } of CONTROLS) {
    const look = (url: string) => runSuite(url, '2025-11-25', scenario);
    const bare = await withBare(place, createV2Endpoint(), look);
    const broken = await withGate(
      guarded,
      () => spoil(createV2Endpoint()),
      ({ url }) => look(url),
    );
    const noticed = compare(bare, broken).length > 0;
    if (!noticed) missed += 1;
    console.log(`${noticed ? 'noticed' : 'MISSED'}: a gate that ${name} (${scenario})`);
  }
  return missed;
}
