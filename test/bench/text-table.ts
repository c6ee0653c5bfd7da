type Cell = string | number | undefined;

/** Rows as aligned columns, numbers to the right with up to that many fraction digits. */
export function textTable(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [head, ...rows.map((row) => row.map(cellText))];
  const widths = head.map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? '').length)),
  );
  const isNumeric = head.map((_, column) => rows.some((row) => typeof row[column] === 'number'));
  const aligned = lines.map((line) =>
    widths
      .map((width, column) => {
        const cell = line[column] ?? '';
        return isNumeric[column] ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
  const [first = '', ...rest] = aligned;
  return [first, '-'.repeat(first.length), ...rest].join('\n');
}

function cellText(cell: Cell): string {
  if (cell === undefined || Number.isNaN(cell)) return '-';
  if (typeof cell === 'string') return cell;
  return cell.toLocaleString('en-US', { maximumFractionDigits: cell < 100 ? 2 : 0 });
}
