import { createHash } from 'node:crypto';
import { type DefaultTreeAdapterTypes, parse } from 'parse5';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EventRecord } from '#shared/audience/event-record.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { eventItem } from '#shared/store/events/event-item.ts';
import { startConsole } from '#test/stack/functions/console/console-at-work.ts';
import { emailFields } from './workflow-pages-at-work.ts';

let at: Awaited<ReturnType<typeof startConsole>>;
let path: string;
beforeAll(async () => {
  at = await startConsole();
  const { location } = await at.post('/console/workflows', { template: 'receipt' });
  path = location ?? '';
});
afterAll(() => at.stop());

const hour = 3_600_000;

const typed = {
  act: 'preview',
  version: '1',
  name: 'Receipt',
  event: 'order.paid',
  frequency: 'once-per-order',
  maxAgeHours: '72',
  kind: 'transactional',
  subject: 'For {{ contact.firstName | default: "you" }}',
  preheader: '',
  body: 'You bought **{{ event.productName }}**.',
};

const shown = async (change: Record<string, string> = {}) => {
  const { kind, subject, preheader, body, ...rest } = { ...typed, ...change };
  const email = emailFields({ kind, subject, preheader, body });
  const answer = await at.post(path, { ...rest, ...email });
  const [frame] = elements(parse(answer.html), 'iframe');
  return { ...answer, frame, email: attribute(frame, 'srcdoc') ?? '' };
};

/** Whether the choices of a look are checked. */
const looksIn = (html: string) =>
  Object.fromEntries(
    ['wide', 'phone', 'dark'].map((name) => [name, html.includes(`class="look-${name}" checked`)]),
  );

test.each([
  ['wide and light at first', {}, { wide: true, phone: false, dark: false }],
  ['as narrow as a phone', { look: 'phone' }, { wide: false, phone: true, dark: false }],
  ['dark', { look: 'wide', dark: 'on' }, { wide: true, phone: false, dark: true }],
])('the preview stays %s when it is made again', async (_, look, checked) => {
  expect(looksIn((await shown(look)).html)).toEqual(checked);
});

/** An event of a customer who is in the audience, received so many hours ago. */
async function event(
  webhookId: string,
  hoursAgo: number,
  change: Partial<EventRecord> = {},
  name = 'Grace Hopper',
) {
  const id = `customer of ${webhookId}`;
  const local = createHash('sha256').update(webhookId).digest('hex').slice(0, 8);
  const email = normalisedEmail(`${local}@example.com`);
  await at.tell('customer.created', id, { minute: 1, email, name });
  const contact = await at.contact(email);
  const time = new Date(Date.now() - hoursAgo * hour).toISOString();
  const record: EventRecord = {
    webhookId,
    type: 'order.paid',
    occurredAt: time,
    receivedAt: time,
    outcome: 'applied',
    changes: [],
    settingsVersion: 0,
    contactId: String(contact?.['contactId']),
    email,
    customerId: id,
    properties: { customerId: id, productName: `Product of ${webhookId}` },
    ...change,
  };
  await at.put('Events', eventItem(record, '{}', 90));
  return email;
}

function elements(
  node: DefaultTreeAdapterTypes.Node,
  name?: string,
): DefaultTreeAdapterTypes.Element[] {
  const inner = 'childNodes' in node ? node.childNodes.flatMap((one) => elements(one, name)) : [];
  const isWanted = 'tagName' in node && (name === undefined || node.tagName === name);
  return isWanted ? [node, ...inner] : inner;
}

function attribute(element: DefaultTreeAdapterTypes.Element | undefined, name: string) {
  return element?.attrs.find((one) => one.name === name)?.value;
}

/** By which the script knows that a page may show a preview. */
const previewOf = (html: string) => /data-preview="(\w+)"/.exec(html)?.[1];

function sourcesOf(headers: Headers, directive: string): string[] {
  const policy = headers.get('content-security-policy') ?? '';
  const found = policy.split('; ').filter((one) => one.startsWith(`${directive} `));
  expect(found).toHaveLength(1);
  return found[0]?.split(' ').slice(1) ?? [];
}

describe('the preview', () => {
  test('shows what is typed with made-up values, and saves nothing', async () => {
    const { status, text, email } = await shown({ preheader: 'Hello {{ contact.lastName }}' });
    expect(status).toBe(200);
    expect(text).toContain('No such event came in the last 30 days');
    expect(text).toContain('Subject For Ada');
    expect(text).toContain('Preheader Hello Lovelace');
    expect(email).toContain('<strong>Example Pro</strong>');
    expect(text).toContain('You bought Example Pro.');
    const [saved] = await at.parts.workflows.all();
    expect(saved).toMatchObject({
      version: 1,
      steps: [{ email: { subject: expect.not.stringMatching(/^For/) } }],
    });
  });

  test('is shown with the latest event, with another of them, or with made-up values', async () => {
    await event('older', 3);
    await event('newer', 2, {}, '');
    await event('other', 1, { type: 'subscription.active' });
    const latest = await at.get(path);
    const [select] = elements(parse(latest.html), 'select').filter(
      (one) => attribute(one, 'name') === 'example',
    );
    const values = select && elements(select, 'option').map((one) => attribute(one, 'value'));
    expect(values).toEqual(['newer', 'older', 'made-up']);
    expect((await shown()).email).toContain('Product of newer');
    expect((await shown()).text).toContain('Subject For you');
    const chosen = await shown({ example: 'older' });
    expect(chosen.email).toContain('Product of older');
    expect(chosen.text).toContain('Subject For Grace');
    expect((await shown({ example: 'made-up' })).email).toContain('Example Pro');
    expect((await shown({ example: 'other' })).email).toContain('Product of newer');
    expect((await shown({ example: 'there is none such' })).email).toContain('Product of newer');
  });

  test('begins with the newest event that would send, and says why the others would not', async () => {
    const properties = { customerId: 'c', productId: 'p-free', productName: 'Free', amount: 0 };
    await event('free', 0.6, { properties });
    const conditioned = { 'property-0': 'productName', 'operator-0': 'is-not', 'value-0': 'Free' };
    const usable = await shown(conditioned);
    expect(usable.email).toContain('Product of newer');
    expect(usable.text).toContain(
      'sends If this event came in now, and hadn’t been mailed before.',
    );
    const free = await shown({ ...conditioned, example: 'free' });
    expect(free.text).toContain(
      'sends nothing If this event came in now: The condition is not met: productName is not Free.',
    );
    expect(free.email).toContain('Free');
    expect(usable.html).toContain('<datalist id="values-0">');
    expect(usable.html).toContain('<option value="Product of newer">');
    const byProduct = await shown({ ...conditioned, 'property-0': 'productId' });
    expect(byProduct.html).toContain('<option value="p-free" label="Free">');
    const byReason = await shown({ ...conditioned, 'property-0': 'billingReason' });
    for (const reason of ['purchase', 'subscription_create', 'subscription_cycle']) {
      expect(byReason.html).toContain(`<option value="${reason}">`);
    }
    expect(byReason.html).toContain('data-name="Condition 1"');
  });

  test('of a workflow with waits lists what it would do for the customer, with dates', async () => {
    const waits = {
      'step-1': 'wait',
      'step-1-id': 'w',
      'step-1-count': '2',
      'step-1-unit': 'days',
    };
    const later = {
      ...{ 'step-2': 'send', 'step-2-id': 'later', 'step-2-kind': 'transactional' },
      ...{ 'step-2-subject': 'Two days on', 'step-2-body': 'Hi' },
    };
    const { text, html } = await shown({
      ...{ ...waits, 'step-1-end': 'for', ...later, example: 'older' },
      'step-2-subject': 'Two days on, {{ contact.firstName | default: "you" }}',
    });
    expect(text).toMatch(
      /What it would do for this customer from now on .* sends For Grace .* sends Two days on, Grace .* done/,
    );
    expect(html).toContain('<summary>Two days on, Grace</summary>');
  });

  test('says that a name is too long for mail, and what the email says instead', async () => {
    await event('long', 0.55, {}, 'Wolfeschlegelsteinhausenbergerdorff Maximiliana');
    const { text } = await shown({ example: 'long' });
    expect(text).toContain('Subject For you');
    expect(text).toContain(
      'This customer’s name is too long for mail (more than 40 characters), so the email says “you” instead.',
    );
    expect((await shown({ example: 'older' })).text).not.toContain('too long for mail');
  });

  test('changes how often it sends with the event, and says so', async () => {
    const change = { 'event-was': 'order.paid', event: 'customer.created' };
    const moved = await shown(change);
    expect(moved.html).toMatch(/<option value="once-per-contact" selected>/);
    expect(moved.text).toContain('Changed to fit customer.created: it was “Once per order”.');
    const kept = await shown({ 'event-was': 'order.paid' });
    expect(kept.html).toMatch(/<option value="once-per-order" selected>/);
    expect(kept.text).not.toContain('Changed to fit');
  });

  test('says why an email would be blocked', async () => {
    await event('bare', 0.5);
    const missing = await shown({ example: 'bare', body: 'See {{ event.invoiceNumber }}' });
    expect(missing.text).toContain(
      'With these values the email would be blocked: The variable event.invoiceNumber has no value and no default.',
    );
    await event('lure', 0.45, {}, 'Win at evil.example.com');
    const lure = await shown({ example: 'lure', body: 'Hi {{ contact.firstName }}' });
    expect(lure.text).toContain(
      'the name of this contact is left out of mails, because it does not',
    );
    await event('without', 0.4, { contactId: 'nobody', customerId: 'nobody' });
    const nobody = await shown({ example: 'without' });
    expect(nobody.text).toContain('This event’s customer no longer has a contact.');
  });

  test('begins with an event that can be shown, though none would send, or with a made-up one', async () => {
    const unmet = { 'property-0': 'productName', 'operator-0': 'is', 'value-0': 'Nothing' };
    const { html, email } = await shown(unmet);
    expect(html).toContain('<option value="lure" selected>');
    expect(email).toContain('Product of lure');

    const gone = { contactId: 'nobody', customerId: 'nobody' };
    await event('gone', 0.3, { type: 'subscription.revoked', ...gone });
    const revoked = await shown({ event: 'subscription.revoked' });
    expect(revoked.html).toContain('<option value="gone">');
    expect(revoked.html).toContain('<option value="made-up" selected>');
    expect(revoked.email).toContain('Example Pro');
  });

  test('keeps to the saved version until the problems are put right', async () => {
    const { text, frame, email } = await shown({
      body: '{{ contact.oops }}',
      example: 'made-up',
    });
    expect(text).toContain('This is the saved version.');
    expect(email).not.toContain('oops');
    expect(text).toContain('Line 1: There is no variable contact.oops; did you mean');
    expect(text).not.toContain('Nothing was saved.');
    expect(frame).toBeDefined();
  });

  test('is there though something beside the email is wrong', async () => {
    const { email } = await shown({
      name: '',
      'property-0': 'amount',
      'operator-0': 'is',
      'value-0': 'much',
      example: 'made-up',
    });
    expect(email).toContain('Example Pro');
  });

  test('of marketing has the footer', async () => {
    const { email } = await shown({ kind: 'marketing', example: 'made-up' });
    expect(email).toContain('(Your postal address goes here.)');
    expect(email).toContain('https://hooks.example.com/unsubscribe/test');
  });

  const hostile = '<script>alert(1)</script> "><img src=x onerror=y>';

  test('what others named stays text in it, and a name that is none is left out', async () => {
    const properties = { productId: 'product-1', productName: hostile };
    await event('hostile', 0.1, { properties }, hostile);
    const { html, text, email } = await shown({
      example: 'hostile',
      subject: 'For {{ contact.firstName | default: "you" }}: {{ event.productName }}',
      body: 'Hi {{ contact.name | default: "there" }}, this is {{ event.productName }}',
    });
    expect(html).not.toContain('<script>alert');
    expect(text).toContain('For you: <script>alert(1)</script>');
    const names = elements(parse(email)).map(({ tagName }) => tagName);
    expect(names).not.toContain('script');
    expect(names).not.toContain('img');
  });
});

describe('the frame of the preview', () => {
  test('allows the styles that emails have, by their hashes alone', async () => {
    const { headers, html, frame, email } = await shown({
      body: '# Hi\n\n| a | b |\n|--|--:|\n| 1 | 2 |',
    });
    expect(attribute(frame, 'sandbox')).toBe('allow-same-origin');
    expect(attribute(frame, 'title')).toBeTruthy();
    const all = elements(parse(email));
    const styles = [
      ...all.map((one) => attribute(one, 'style')).filter((style) => style !== undefined),
      ...all
        .filter(({ tagName }) => tagName === 'style')
        .flatMap(({ childNodes }) =>
          childNodes.map((one) => ('value' in one ? String(one.value) : '')),
        ),
    ];
    expect(styles.length).toBeGreaterThan(10);
    const hashes = styles.map(
      (style) => `'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    );
    const allowed = sourcesOf(headers, 'style-src');
    expect(allowed).toEqual(expect.arrayContaining(["'self'", "'unsafe-hashes'", ...hashes]));
    expect(allowed.slice(2).filter((source) => !/^'sha256-[\w+/]{43}='$/.test(source))).toEqual([]);
    // What is typed later needs no other page.
    const later = await shown({ body: '> quote\n\n1. one\n\n[Go](https://example.com){button}' });
    expect(sourcesOf(later.headers, 'style-src')).toEqual(allowed);
    expect(previewOf(later.html)).toBe(previewOf(html));
    expect(sourcesOf(headers, 'script-src')).toEqual(["'self'"]);
    expect(sourcesOf(headers, 'frame-ancestors')).toEqual(["'none'"]);
    expect(headers.get('x-frame-options')).toBe('DENY');
  });

  test('shows images of the hosts that this email names, and of no others', async () => {
    const body =
      '![a](https://img.example.com/a.png) ![b](http://plain.example.com/b.png) ![c](https://x.example;script-src%20*/c.png)';
    const { headers, frame } = await shown({ body });
    expect(frame).toBeDefined();
    expect(sourcesOf(headers, 'img-src')).toEqual(["'self'", 'https://img.example.com']);
    expect(sourcesOf(headers, 'script-src')).toEqual(["'self'"]);
  });

  test('changes the policy of no other page', async () => {
    const { headers } = await at.get('/console/workflows');
    expect(sourcesOf(headers, 'style-src')).toEqual(["'self'"]);
    expect(sourcesOf(headers, 'img-src')).toEqual(["'self'"]);
    expect(sourcesOf(headers, 'frame-ancestors')).toEqual(["'none'"]);
  });
});
