import { oneLine, visible, visibleLine } from '#shared/safe-text.ts';

/** Writes a line for a person to standard output. Whatever is in it cannot steer the terminal. */
export function printLine(line: string): void {
  process.stdout.write(`${visible(line)}\n`);
}

/** The same on standard error. */
export function printAside(line: string): void {
  process.stderr.write(`${visible(line)}\n`);
}

/** Lines with aligned columns. What stands in the rows cannot break a line or steer the terminal. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map(oneLine));
  const widths: number[] = [];
  for (const row of cells) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, lengthOf(cell));
    }
  }
  return cells.map((row) =>
    row
      .map((cell, index) => cell + ' '.repeat((widths[index] ?? 0) - lengthOf(cell)))
      .join('  ')
      .trimEnd(),
  );
}

function lengthOf(text: string): number {
  return [...text].length;
}

/** An address as it may be shown to who only has to tell one person from another. */
export function maskedAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const [first = ''] = address;
  return at < 1 ? '***' : `${first}***${address.slice(at)}`;
}

/** Shows addresses masked, or whole to a person who asks for it. */
export function addressShown(isRevealed: boolean): (address: string) => string {
  return isRevealed ? (address) => address : maskedAddress;
}

const quietMs = 500;
const quietElsewhereMs = 10_000;

/** Shows how far a long run is: in place on a terminal, so that nothing of it stays; elsewhere line by line. */
export function progressLine(output: NodeJS.WriteStream) {
  let shownAt = Date.now();
  let isShown = false;
  return {
    progress(said: string): void {
      const text = visibleLine(said);
      if (Date.now() - shownAt < (output.isTTY ? quietMs : quietElsewhereMs)) return;
      shownAt = Date.now();
      isShown = output.isTTY;
      output.write(output.isTTY ? `\r\u001b[K${text} …` : `${text} …\n`);
    },
    /** Takes the line away, before something else is printed. */
    clear(): void {
      if (isShown) output.write('\r\u001b[K');
      isShown = false;
    },
  };
}
