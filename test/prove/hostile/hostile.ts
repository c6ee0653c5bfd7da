import { together } from '#test/prove/proof.ts';
import { stageTemplate } from '#test/support/cloud/stage-stack.ts';
import { proveAllTheWay } from './all-the-way.ts';
import { type AnswersProof, proveAnswers } from './answers.ts';
import { proveTime, type TimeProof } from './time.ts';

/** One webhook in so many goes all the way: the emulators take their time. */
const requestsForOne = 250;

type HostileProof = AnswersProof & Pick<TimeProof, 'worst' | 'forged'>;
type Options = Readonly<{ seed: number; requests: number; onProgress?: (done: number) => void }>;

/**
 * Hostile requests on ingest, and what it queued in the worker's reader; some hundred that Polar could send through
 * both on emulated queues and tables; and what answering the worst takes beside what a genuine one takes.
 */
export async function proveHostile(options: Options): Promise<HostileProof> {
  const { seed, requests } = options;
  const answers = await proveAnswers(options);
  const template = stageTemplate({ stage: 'local' }).toJSON();
  const webhooks = Math.ceil(requests / requestsForOne);
  const allTheWay = await proveAllTheWay({ template, seed, webhooks });
  const time = await proveTime();
  return {
    ...together([answers, allTheWay, time]),
    counts: {
      ...answers.counts,
      'with a record, through emulated queues and tables': allTheWay.points,
    },
    worst: time.worst,
    forged: time.forged,
  };
}
