const quietMs = 500;
const quietElsewhereMs = 10_000;

/** Shows how far a long run is: in place on a terminal, so that nothing of it stays; elsewhere line by line. */
export function progressLine(output: NodeJS.WriteStream) {
  let shownAt = Date.now();
  let isShown = false;
  return {
    progress(text: string): void {
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
