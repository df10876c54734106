/**
 * Findings as text, for terminals and for the messages of failed tests.
 *
 * @module
 */
import type { ResourceReport } from './resource/report.js';

/**
 * Writes a report: each finding in a few lines, then the skipped checks, then the counts.
 *
 * @example
 * ```ts
 * const report = await checkResource('http://127.0.0.1:3000', { issuer });
 * console.log(formatFindings(report));
 * ```
 * @group Testing
 */
export function formatFindings({ findings, passed, skipped }: ResourceReport): string {
  const lines = findings.flatMap((finding) => [
    `${finding.severity.toUpperCase()}  ${finding.check}  [${finding.ids.join(', ')}]`,
    `      seen      ${finding.seen}`,
    `      expected  ${finding.expected}`,
    `      to mend   ${finding.howToMend}`,
    '',
  ]);
  const left = skipped.map(({ check, why }) => `skipped  ${check}: ${why}`);
  const sum = `${findings.length} found, ${passed.length} passed, ${skipped.length} skipped`;
  return [...lines, ...left, sum].join('\n');
}
