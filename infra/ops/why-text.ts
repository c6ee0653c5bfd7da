import type { EventRecord } from '#shared/audience/event-record.ts';
import type { ReportedEmail } from '#shared/aws/dynamo-email-admin.ts';
import type { FailureRow } from '#shared/aws/failure-row.ts';

export type WhyHow = Readonly<{
  address: (address: string) => string;
  /** What has to stand behind the next command to mean the same deployment. */
  options: string;
}>;

/** What became of an email: its state, why, and what SES has said of it since. */
export function emailFate(email: ReportedEmail): string {
  const { feedback = {}, state, reason, updatedAt } = email;
  const sentAt = feedback.sentAt ?? updatedAt;
  const fate = state === 'sent' ? `sent ${sentAt}` : `${state} since ${updatedAt}`;
  const news = [
    feedback.deliveredAt && `delivered ${feedback.deliveredAt}`,
    feedback.bouncedAt && `BOUNCED ${feedback.bouncedAt}`,
    feedback.complainedAt && `COMPLAINED OF ${feedback.complainedAt}`,
    feedback.rejectedAt && `REJECTED ${feedback.rejectedAt}`,
  ].filter((one) => one !== undefined);
  return [`${fate}${reason ? `: ${reason}` : ''}`, ...news].join(', ');
}

export function failureText({ attempts, firstReason, lastReason, lastAt, isFinal }: FailureRow) {
  const first = firstReason === lastReason ? '' : ` (at first: ${firstReason})`;
  const fate = isFinal ? 'dead' : 'retried for an hour and a half, then dead';
  return `failed ${attempts} × until ${lastAt}, ${fate}: ${lastReason}${first}`;
}

/** Which fields of a contact an event, or a replay, has changed. */
export function didText({ changes }: Pick<EventRecord, 'changes'>): string {
  const fields = changes.map(({ field }) => field).join(', ');
  return changes.length > 0 ? `${changes.length} changes (${fields})` : 'no changes';
}

/** What came in at the same moment is told apart by eye: whole seconds are enough. */
export function seconds(time: string): string {
  return `${time.slice(0, 19)}Z`;
}
