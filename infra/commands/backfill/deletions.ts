import type { DeletionChoice, Deletions } from './run.ts';
import { driftLine } from './text.ts';

type Wish = Readonly<{
  /** How many deletions a person agreed to beforehand. */
  accepted: number | undefined;
  /** Absent: nobody is there to be asked. */
  ask: ((question: string) => Promise<boolean>) | undefined;
}>;

/**
 * Whether customers that Polar does not have any more are taken for deleted here. Few of them a person may agree to when
 * asked; many only by naming their number, and a number that is not theirs stops the run.
 */
export async function chooseDeletions(
  { gone, most }: Deletions,
  { accepted, ask }: Wish,
  { print, shown }: Readonly<{ print: (line: string) => void; shown: (address: string) => string }>,
): Promise<DeletionChoice> {
  if (accepted === gone.length) return 'delete';
  print('Polar no longer has these customers, but your audience does:');
  for (const one of gone) print(driftLine(one, shown));
  print('');
  if (accepted !== undefined || gone.length > most) return 'stop';
  if (!ask) return 'leave';
  const whom = gone.length === 1 ? 'this customer' : `these ${gone.length} customers`;
  return (await ask(`Treat ${whom} as deleted?`)) ? 'delete' : 'leave';
}
