/** The known name that a mistyped one most likely stands for, or `undefined` where none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const [nearest] = known
    .map((one) => ({ one, distance: editDistance(simplified(name), simplified(one)) }))
    .sort((a, b) => a.distance - b.distance);
  const isNear = nearest && nearest.distance <= Math.max(2, Math.floor(name.length / 3));
  return isNear ? nearest.one : undefined;
}

function simplified(name: string): string {
  return name
    .slice(0, 40)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '');
}

function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [row, character] of [...from].entries()) {
    const current = [row + 1];
    for (const [column, other] of [...to].entries()) {
      const replaced = (previous[column] ?? 0) + (character === other ? 0 : 1);
      current.push(Math.min(replaced, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}
