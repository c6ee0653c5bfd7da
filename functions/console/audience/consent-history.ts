import { isAfter } from '#shared/audience/act.ts';
import type { DecisionByHand } from '#shared/audience/contact.ts';
import type { SuppressionReason } from '#shared/audience/suppression.ts';
import type { KnownContact } from '#shared/aws/known-contact.ts';

/** One thing that mattered to whether a contact gets mail. */
export type ConsentStep = Readonly<{ at: string; what: string; by?: string }>;

const refusalWords: Record<SuppressionReason, string> = {
  unsubscribed: 'Unsubscribed',
  complained: 'Complained about an email',
  bounced: 'Mail to the address bounced',
};

const decisionWords: Record<DecisionByHand['act'], string> = {
  added: 'Added by hand',
  subscribed: 'Subscribed by hand',
  unsubscribed: refusalWords.unsubscribed,
  'bounce-lifted': 'Bounce lifted by hand',
};

/** What is kept of how a contact came to its consent, newest first, each step once. */
export function consentHistory({ contact, customer, suppression }: KnownContact): ConsentStep[] {
  const { consent } = contact;
  const decisions = consent.history ?? [];
  const steps = [
    ...decisions.map(({ act, at, by }) => ({ at, by, what: decisionWords[act] })),
    ...decisions.flatMap(({ cleared = [] }) =>
      cleared.map(({ reason, at, by }) => ({ at, by, what: refusalWords[reason] })),
    ),
    ...refusalSteps(customer?.no),
    ...refusalSteps(suppression?.reasons),
    ...(consent.subscribed ? [{ ...consent.subscribed, what: decisionWords.subscribed }] : []),
    ...creation(decisions, contact),
    ...(customer?.deletion
      ? [{ at: customer.deletion.occurredAt, what: 'The customer was deleted in Polar' }]
      : []),
  ];
  const once = new Map(steps.map((step) => [`${step.at} ${step.what}`, step] as const));
  return [...once.values()].sort((a, b) => (isAfter(a.at, b.at) ? -1 : 1));
}

function refusalSteps(
  refusals: Partial<Record<SuppressionReason, { at: string; by: string } | undefined>> = {},
): ConsentStep[] {
  const reasons = ['unsubscribed', 'complained', 'bounced'] as const;
  return reasons.flatMap((reason) => {
    const refusal = refusals[reason];
    return refusal ? [{ ...refusal, what: refusalWords[reason] }] : [];
  });
}

function creation(
  decisions: readonly DecisionByHand[],
  { createdAt, consent, source }: KnownContact['contact'],
): ConsentStep[] {
  if (decisions.some(({ act, at }) => act === 'added' && at === createdAt)) return [];
  const how = consent.startsUnsubscribed
    ? 'Came into the audience unsubscribed, as the settings wanted it for new contacts'
    : 'Came into the audience';
  return [{ at: createdAt, what: `${how} (${source})` }];
}
