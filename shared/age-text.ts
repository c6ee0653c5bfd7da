const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
] as const;

/** How long something has lasted, roughly, from two days on in days: `36 h`, `5 min`, `20 s`. */
export function ageText(ms: number): string {
  const unit = units.find(([, length]) => ms >= 2 * length);
  const [name, length] = unit ?? (['s', 1_000] as const);
  return `${Math.max(0, Math.floor(ms / length))} ${name}`;
}
