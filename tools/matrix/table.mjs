/** Writes the results as a Markdown table: numbers of tests that passed. */
export function formatTable(rows, columns, results) {
  const lines = [
    ['', ...columns.map(({ title }) => title)],
    ...rows.map((row) => [
      row.version === undefined || row.title.includes(row.version)
        ? row.title
        : `${row.title} ${row.version}`,
      ...results.filter((result) => result.row === row).map(({ text }) => text || '-'),
    ]),
  ];
  const widths = lines[0].map((_, index) => Math.max(...lines.map((line) => line[index].length)));
  const write = (line) =>
    `| ${line.map((cell, index) => cell.padEnd(widths[index])).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [write(lines[0]), rule, ...lines.slice(1).map(write)].join('\n');
}
