/**
 * What users see of a change stands in a changeset: a range of commits that touches the source of a
 * package and no changeset is missing an entry.
 */
import { execFileSync } from 'node:child_process';

export function checkChangeset() {
  const base = baseOf('HEAD');
  if (base === undefined) return { faults: [], summary: 'nothing to compare with' };
  const changed = git('diff', '--name-only', base).split('\n');
  const sources = changed.filter((file) => /^packages\/[^/]+\/src\//.test(file));
  const entries = changed.filter((file) => /^\.changeset\/.+\.md$/.test(file));
  const summary = `${sources.length} changed sources since ${base.slice(0, 7)}, ${entries.length} entries`;
  const isMissing = sources.length > 0 && entries.length === 0;
  return {
    faults: isMissing
      ? ['.changeset: say what users see of this change, or why they see nothing']
      : [],
    summary,
  };
}

/** Where this branch left the published one; `undefined` where nobody can tell. */
function baseOf(head) {
  for (const upstream of [process.env['CHANGESET_BASE'], 'origin/main', 'main']) {
    if (upstream === undefined || upstream === '') continue;
    try {
      return git('merge-base', upstream, head).trim();
    } catch {
      // A shallow or single-branch clone does not have it.
    }
  }
  return undefined;
}

function git(...parts) {
  return execFileSync('git', parts, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}
