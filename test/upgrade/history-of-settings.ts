import { draftOf } from '#shared/audience/settings/draft.ts';
import { readyMade } from '#shared/mail/ready-made/ready-made.ts';
import type { Life } from './life.ts';

/** Saves settings as the form of the console does; `off` is a box that is not ticked. */
export async function changeSettings(life: Life, changed: Readonly<Record<string, string>>) {
  const settings = await life.stack.parts.settings();
  const fields = Object.entries({ ...draftOf(settings), ...changed }).filter(
    ([, value]) => value !== 'off',
  );
  await life.posted('/console/polar/settings', {
    version: String(settings.version),
    ...Object.fromEntries(fields),
  });
}

const custom = {
  name: 'Thanks in dollars',
  event: 'order.paid',
  frequency: 'every-time',
  maxAgeHours: '48',
  'step-0': 'send',
  'step-0-id': 'email',
  'step-0-kind': 'marketing',
  'step-0-from': '',
  'step-0-replyTo': 'Answers <answers@example.com>',
  'step-0-subject': 'Thanks{% if contact.firstName %}, {{ contact.firstName }}{% endif %}',
  'step-0-preheader': 'For {{ event.productName }}',
  'step-0-body':
    '# Thanks\n\nDear {{ contact.firstName | default: "friend" }},\n\n{% if event.amount %}you paid **{{ event.formattedAmount }}**.{% endif %}\n\n[Visit us](https://shop.example.com/)',
};
const conditions = [
  { property: 'currency', operator: 'is', value: 'usd' },
  { property: 'billingReason', operator: 'is', value: 'subscription_cycle' },
  { property: 'productName', operator: 'is-set', value: '' },
];

const pausedOne = 'access-ended';
const draftOnes = ['account-linked'];

/** Settings of several versions, and workflows: the ready-made ones, of which one is paused and one a draft, and an own one. */
export async function historyOfSettings(life: Life): Promise<void> {
  await changeSettings(life, { postalAddress: 'Example Shop, 1 Example Street, Exampleton' });
  await changeSettings(life, {
    'events.order.paid.userGroup': 'Buyers',
    'events.subscription.active.userGroup': 'Members',
    'events.subscription.active.userGroupMode': 'always',
  });
  for (const { name } of readyMade) {
    const path = (await life.posted('/console/workflows', { template: name })).replace('/edit', '');
    if (draftOnes.includes(name)) continue;
    await life.posted(`${path}/activate`, { version: '1' });
    if (name === pausedOne) await life.posted(`${path}/pause`, { version: '2' });
  }
  const path = await life.posted('/console/workflows');
  const rows = conditions.flatMap((condition, row) =>
    Object.entries(condition).map(([field, value]) => [`${field}-${row}`, value]),
  );
  const fields = { ...custom, ...Object.fromEntries(rows), act: 'save', version: '1' };
  await life.posted(path, fields);
  await life.posted(path.replace('/edit', '/activate'), { version: '2' });
}
