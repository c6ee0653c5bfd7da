import { columns } from './columns.ts';
import type { Redelivery } from './recover-redeliver.ts';
import { isClosed, type Proof } from './recover-run.ts';

/** What became of the events that Polar could not deliver, for a terminal. */
export function redeliveryLines({ asked, arrived, here, lost, awaited }: Redelivery): string[] {
  if (asked + here + lost === 0) return ['Polar knows of no event that never arrived.'];
  const rows: [string, number, string][] = [
    ['asked for', asked, 'events that never arrived'],
    ['arrived', arrived, 'of them, and are applied'],
    ['here before', here, 'although Polar saw no success: left alone'],
    ['lost', lost, 'Polar keeps no payload of them: the backfill brings what they said'],
    ['on the way', awaited.length, 'accepted or not, they have no record here yet'],
  ];
  const some = rows.filter(([, count]) => count > 0);
  return columns(some.map(([name, count, meaning]) => [name, String(count).padStart(7), meaning]));
}

/** Whether the gap is closed, by what was looked at again, and what to do where it is not. */
export function proofLines(proof: Proof, options: string): string[] {
  const { faults, undelivered, differing, refused } = proof;
  const rows = [
    ['endpoint', faults.length === 0 ? 'enabled, and as it should be' : 'not as it should be'],
    ['events', undelivered === 0 ? 'none that never arrived' : `${undelivered} never arrived`],
    ['audience', audienceText({ differing, refused })],
  ];
  return ['Looked at again:', ...columns(rows), '', ...faults, ...endingLines(proof, options)];
}

function audienceText({ differing, refused }: Pick<Proof, 'differing' | 'refused'>): string {
  const left = [
    differing > 0 && `${differing} ${differing === 1 ? 'customer differs' : 'customers differ'}`,
    refused > 0 && `${refused} could not be compared or repaired, see above`,
  ].filter(Boolean);
  return left.length === 0 ? 'in step' : left.join(', ');
}

function endingLines(proof: Proof, options: string): string[] {
  if (isClosed(proof)) return ['The gap is closed.'];
  const behind = options === '' ? '' : ` --${options}`;
  const { faults, undelivered, differing, refused } = proof;
  return [
    'The gap is not closed yet.',
    ...(faults.length > 0 ? [`  npm run connect -- --repair${options}`] : []),
    ...(undelivered > 0
      ? [
          `  npm run deadletters -- list${options}   where an event may be that has arrived`,
          `  npm run recover${behind}   asks again for what has not`,
        ]
      : []),
    ...(differing + refused > 0
      ? [`  npm run backfill -- --dry-run${options}   shows who differs`]
      : []),
  ];
}
