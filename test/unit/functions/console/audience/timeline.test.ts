import { describe, expect, it } from 'vitest';
import { timelineView } from '#functions/console/audience/timeline-view.ts';
import type { Happening } from '#shared/store/audience/contact-history.ts';

const event = (webhookId: string, outcome: 'applied' | 'unchanged' = 'unchanged'): Happening => ({
  kind: 'event',
  webhookId,
  type: 'order.paid',
  occurredAt: '2026-11-20T10:00:00.000000Z',
  outcome,
  customerId: 'c1',
});

type Feedback = Extract<Happening, { kind: 'email' }>['feedback'];

const email = (webhookId: string, workflowId: string, feedback?: Feedback): Happening => ({
  kind: 'email',
  ledgerKey: `${workflowId} ${webhookId}`,
  workflowId,
  webhookId,
  customerId: 'c1',
  state: 'sent',
  createdAt: '2026-11-20T10:00:01.000Z',
  ...(feedback && { feedback }),
});

const names = new Map([
  ['receipt', 'Receipt'],
  ['welcome', 'Welcome'],
]);

/** Tags away, and the text of each entry of the list and of the lists in it by itself. */
async function entries(happenings: readonly Happening[], isReleased = false): Promise<string> {
  const markup = String(
    await timelineView(happenings, { names, added: new Set(['e1']), isReleased }),
  );
  return markup.replace(/<time.*?<\/time>/gs, '').replace(/\s+/g, ' ');
}

describe('the time line', () => {
  it('shows each email once, under the event that asked for it', async () => {
    const html = await entries([
      email('e2', 'welcome'),
      event('e2'),
      email('e1', 'receipt'),
      event('e1'),
    ]);
    expect(html.match(/<ul class="caused">/g)).toHaveLength(2);
    expect(html.indexOf('Welcome')).toBeLessThan(html.indexOf('Receipt'));
    expect(html.indexOf('/console/events/e2')).toBeLessThan(html.indexOf('Welcome'));
    expect(html.indexOf('/console/events/e1')).toBeLessThan(html.indexOf('Receipt'));
    expect(html.match(/>Email<\/a> of/g)).toHaveLength(2);
  });

  it('leads from each email to its page', async () => {
    const html = await entries([email('e1', 'receipt'), event('e1'), email('gone', 'welcome')]);
    expect(html).toContain('<a href="/console/emails/mail?key=receipt+e1">Email</a>');
    expect(html).toContain('<a href="/console/emails/mail?key=welcome+gone">Email</a>');
  });

  it('says which step each email of a run is of', async () => {
    const ofRun = (stepId: string) => ({
      ...email('e1', 'welcome'),
      ...{ ledgerKey: stepId, stepId, runId: 'run' },
    });
    const alone = { ...email('e1', 'receipt'), stepId: 'first' };
    const html = await entries([ofRun('day-3'), ofRun('day-0'), alone, event('e1')]);
    expect(
      html.match(/Welcome<\/a> <code[^>]*>[^<]*/g)?.map((one) => one.replace(/.*>/, '')),
    ).toEqual(['day-0', 'day-3']);
    expect(html).not.toContain('>first<');
  });

  it('tells the event that added the contact from those that changed it', async () => {
    const html = await entries([event('e2', 'applied'), event('e1', 'applied')]);
    expect(html.match(/(added|changed) a contact/g)).toEqual([
      'changed a contact',
      'added a contact',
    ]);
  });

  it.each([
    ['held, without the reason that the page has said', false, 'held', []],
    ['released, and on its way', true, 'released', ['Goes out within a minute']],
  ])('says that an email is %s', async (_, isReleased, word, reasons) => {
    const held = {
      ...email('e1', 'receipt'),
      state: 'waiting',
      heldSince: '2026-11-20T10:00:02.000Z',
      reason: 'All mail is held: wrong prices',
    } as const;
    const html = await entries([held, event('e1')], isReleased);
    expect(html).toMatch(new RegExp(`<span class="badge \\w+">${word}</span>`));
    expect(html.match(/All mail is held|Goes out within a minute/g) ?? []).toEqual(reasons);
  });

  it('shows an email by itself whose event is not on the page', async () => {
    const html = await entries([email('gone', 'welcome'), event('e1')]);
    expect(html).not.toContain('class="caused"');
    expect(html).toContain('>Email</a> of');
  });

  it.each<[string, Feedback, RegExp[]]>([
    ['once', { deliveredAt: '2026-11-20T10:00:59Z' }, []],
    [
      'without its day',
      { deliveredAt: '2026-11-20T10:01:02Z' },
      [/delivered <time [^>]*data-form="clock"/],
    ],
    [
      'with its day, half a day later',
      { deliveredAt: '2026-11-20T10:00:02Z', complainedAt: '2026-11-21T00:00:00Z' },
      [/· <span class="whole">delivered <\/span>/, /spam <time [^>]*data-form="minutes"/],
    ],
  ])('says when an email was delivered and what came then: %s', async (_, feedback, parts) => {
    const html = String(
      await timelineView([email('e1', 'receipt', feedback)], {
        ...{ names, added: new Set<string>(), isReleased: false },
      }),
    );
    expect(html.match(/<time /g)).toHaveLength(feedback?.complainedAt || parts.length > 0 ? 2 : 1);
    for (const part of parts) expect(html).toMatch(part);
  });

  it.each<[string, string, Feedback]>([
    ['bounced', 'bad', { deliveredAt: '2026-11-20T10:00:02Z', bouncedAt: '2026-11-20T10:00:03Z' }],
    [
      'complained',
      'bad',
      { deliveredAt: '2026-11-20T10:00:02Z', complainedAt: '2026-11-21T00:00:00Z' },
    ],
    ['rejected', 'bad', { rejectedAt: '2026-11-20T10:00:02Z' }],
    ['delivered', 'good', { deliveredAt: '2026-11-20T10:00:02Z' }],
    ['sent', 'calm', undefined],
  ])('says of an email that it is %s', async (word, tone, feedback) => {
    expect(await entries([email('e1', 'receipt', feedback)])).toContain(
      `<span class="badge ${tone}">${word}</span>`,
    );
  });
});
