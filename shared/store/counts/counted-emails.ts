import { hourOf } from '#shared/audience/count-plan.ts';
import { allMail, sumOf } from '#shared/audience/counts.ts';
import type { EmailsOfDay } from '#shared/store/mail/emails-now.ts';
import type { CountStore } from './counts.ts';

/** How the emails of a day are as they were counted last: one read, however many workflows there are. */
export function countedEmails(counts: Pick<CountStore, 'hours'>): EmailsOfDay {
  return async (_, since) => {
    // An hour that has begun before is left out: the rest is the last day in hours.
    const next = new Date(Date.parse(since) + 3_600_000);
    const rows = await counts.hours(hourOf(next), '9999');
    const { sent, blocked, failed, unknown, waiting } = allMail(
      sumOf(rows.map((row) => row.counts)),
    );
    const byState = [
      ['sent', sent],
      ['blocked', blocked],
      ['failed', failed],
      ['unknown', unknown],
      ['waiting', waiting],
    ] as const;
    return { byState: new Map(byState.filter(([, count]) => count > 0)), isWhole: true };
  };
}
