import { createHash } from 'node:crypto';

/*
 * Lambda's guard against endless loops, as its documentation and X-Ray's describe it: the trace header carries
 * `Lineage=<hash of a function>:<how often it was invoked in this chain>|…`, the SDK passes it on with each call, SQS
 * keeps it with the message (AWSTraceHeader), and after about 16 rounds the next invocation is not made.
 */

/** As many invocations of one function in one chain as Lambda makes. */
export const mostRounds = 16;

type Round = Readonly<{
  /** What the function passes on. */
  traceHeader: string;
  /** Which invocation of this function it is, in the chain that is the longest. */
  round: number;
}>;

/** The next invocation of a function, by what came with its messages; without any, a chain begins. */
export function nextRound(
  functionArn: string,
  traceHeaders: readonly (string | undefined)[],
): Round {
  const hash = createHash('sha256').update(functionArn).digest('hex').slice(0, 8);
  const counts = new Map<string, number>();
  for (const header of traceHeaders) {
    for (const [one, count] of lineageIn(header)) {
      // What Lambda makes of a batch of several chains is not documented: the longest counts.
      counts.set(one, Math.max(count, counts.get(one) ?? 0));
    }
  }
  const round = (counts.get(hash) ?? 0) + 1;
  const lineage = [...counts.set(hash, round)].map((entry) => entry.join(':')).join('|');
  return {
    traceHeader: `Root=1-00000000-${'0'.repeat(24)};Sampled=0;Lineage=${lineage}`,
    round,
  };
}

function lineageIn(traceHeader = ''): [string, number][] {
  const [, lineage = ''] = /(?:^|;)Lineage=([^;]*)/.exec(traceHeader) ?? [];
  return lineage
    .split('|')
    .map((entry) => entry.split(':'))
    .flatMap(([hash, count]) => (hash && Number(count) > 0 ? [[hash, Number(count)]] : []));
}
