/** What a part of the proof came to. */
export type Proof = Readonly<{
  /** How often it was tried. */
  points: number;
  /** What did not hold, in words and with what it takes to see it again. */
  failures: readonly string[];
}>;

export function together(proofs: readonly Proof[]): Proof {
  return {
    points: proofs.reduce((sum, { points }) => sum + points, 0),
    failures: proofs.flatMap(({ failures }) => failures),
  };
}
