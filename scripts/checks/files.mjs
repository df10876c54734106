/** Files that git tracks or would track, below a folder. */
import { execFileSync } from 'node:child_process';

export function files(...patterns) {
  const output = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate', '--', ...patterns],
    { encoding: 'utf8' },
  );
  return output.split('\n').filter((file) => file !== '');
}
