import { PurgeQueueCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { consoleApp } from '#functions/console/console.ts';
import { consoleParts } from '#functions/console/parts.ts';
import { contactSchema } from '#shared/audience/person/person.ts';
import { startConsole } from '#test/stack/functions/console/console-at-work.ts';
import { consoleVisitor } from '#test/support/console-visitor.ts';

let at: Awaited<ReturnType<typeof startConsole>>;
beforeAll(async () => {
  at = await startConsole();
});
afterAll(() => at.stop());

let made = 0;
let id: string;
let email: string;
let path: string;
beforeEach(async () => {
  made += 1;
  id = `customer-${made}`;
  email = `ann${made}@example.com`;
  await at.tell('customer.created', id, { minute: 1, email, name: 'Ann Smith' });
  path = `/console/audience/${(await shown(email)).contactId}`;
});

async function shown(address: string) {
  return contactSchema.parse(await at.contact(address));
}

const no = (reason: 'unsubscribed' | 'complained' | 'bounced') => ({
  reason,
  at: '2026-11-20T10:00:00.000Z',
  by: 'SES',
});

describe('unsubscribing and subscribing by hand', () => {
  test('a person unsubscribes a contact, and the page says who and when', async () => {
    const { text } = await at.submit(`${path}/unsubscribe`);
    expect(text).toContain('The contact was unsubscribed.');
    expect(text).toContain('by a local user');
    expect((await shown(email)).subscribed).toBe(false);
    expect(await at.reasons(email)).toEqual(['unsubscribed']);
  });

  test('an explicit subscribe shows first what it clears, then clears it and keeps a record', async () => {
    await at.refusals.ofAddress(email, no('complained'));
    const { text: asked } = await at.get(`${path}/subscribe`);
    expect(asked).toMatch(/This clears: .* complained on 20 Nov 2026/);
    expect((await shown(email)).subscribed).toBe(false);

    const { text } = await at.submit(`${path}/subscribe`);
    expect(text).toContain('The contact was subscribed.');
    expect(text).toContain('Subscribed by hand');
    expect(text).toContain('Complained about an email');
    expect((await shown(email)).subscribed).toBe(true);
  });

  test('subscribing does not lift a bounce, and says so', async () => {
    await at.refusals.ofAddress(email, no('bounced'));
    expect((await at.get(`${path}/subscribe`)).text).toContain('This doesn’t clear that');
    const { text } = await at.submit(`${path}/subscribe`);
    expect(text).toContain('until you lift the bounce');
    expect((await shown(email)).subscribed).toBe(false);
  });

  test('takes the address of one who complained off the list of SES, too', async () => {
    await at.refusals.ofAddress(email, no('complained'));
    at.ses.suppressed.add(email);
    const { text } = await at.submit(`${path}/subscribe`);
    expect(text).toContain('The contact was subscribed.');
    expect(at.ses.suppressed.has(email)).toBe(false);
  });

  test('leaves the address of a mailbox that bounced on the list of SES', async () => {
    await at.refusals.ofAddress(email, no('bounced'));
    at.ses.suppressed.add(email);
    await at.submit(`${path}/subscribe`);
    expect(at.ses.suppressed.has(email)).toBe(true);
  });

  test('says so where SES does not take the address off its list', async () => {
    await at.refusals.ofAddress(email, no('complained'));
    at.ses.suppressed.add(email);
    at.ses.denySuppressions(true);
    const { text } = await at.submit(`${path}/subscribe`);
    at.ses.denySuppressions(false);
    expect(text).toContain('from its own suppression list (AccessDeniedException');
    expect(text).toContain('subscribe it again');
    expect((await shown(email)).subscribed).toBe(true);
    await at.submit(`${path}/subscribe`);
    expect(at.ses.suppressed.has(email)).toBe(false);
  });

  test('the contact of a deleted customer cannot be subscribed, and the page says why', async () => {
    await at.tell('customer.deleted', id, { minute: 2, email });
    const { text } = await at.submit(`${path}/subscribe`);
    expect(text).toContain('t be subscribed. A new customer');
    expect((await shown(email)).subscribed).toBe(false);
  });

  test.each(['unsubscribe', 'subscribe', 'lift-bounce', 'erase'])(
    '%s without the token of the form does nothing',
    async (verb) => {
      await at.get(path);
      const before = await at.contact(email);
      const { status } = await at.postWithToken(`${path}/${verb}`, 'guessed');
      expect(status).toBe(403);
      expect(await at.contact(email)).toEqual(before);
      expect(await at.taken('EVENTS_QUEUE_URL')).toEqual([]);
    },
  );
});

describe('lifting a bounce', () => {
  test('takes the address off our list and that of SES', async () => {
    await at.refusals.ofAddress(email, no('bounced'));
    at.ses.suppressed.add(email);
    expect((await at.get(`${path}/lift-bounce`)).text).toContain('Mail to the address bounced');
    const { text } = await at.submit(`${path}/lift-bounce`);
    expect(text).toContain('The bounce was lifted.');
    expect(await at.reasons(email)).toEqual([]);
    expect(at.ses.suppressed.has(email)).toBe(false);
    expect((await shown(email)).subscribed).toBe(true);
  });

  test('changes nothing, and says so, where SES keeps the address on its list', async () => {
    await at.refusals.ofAddress(email, no('bounced'));
    at.ses.denySuppressions(true);
    const { text } = await at.submit(`${path}/lift-bounce`);
    at.ses.denySuppressions(false);
    expect(text).toContain('The bounce wasn’t lifted. Try again.');
    expect(await at.reasons(email)).toEqual(['bounced']);
  });

  test('is fine where SES has forgotten the address already', async () => {
    await at.refusals.ofAddress(email, no('bounced'));
    const { text } = await at.submit(`${path}/lift-bounce`);
    expect(text).toContain('The bounce was lifted.');
  });

  test('leaves the "no" of the person alone', async () => {
    await at.refusals.ofAddress(email, no('bounced'));
    await at.refusals.ofAddress(email, no('unsubscribed'));
    await at.submit(`${path}/lift-bounce`);
    expect(await at.reasons(email)).toEqual(['unsubscribed']);
    expect((await shown(email)).subscribed).toBe(false);
  });
});

describe('erasing', () => {
  test('asks first, and says what goes and what stays', async () => {
    const { text } = await at.get(`${path}/erase`);
    expect(text).toContain('This can’t be undone.');
    expect(text).toContain('What goes');
    expect(text).toContain('the address stays suppressed');
    expect(await at.taken('EVENTS_QUEUE_URL')).toEqual([]);
  });

  test('puts two messages into the queue, one for now and one for a quarter of an hour later', async () => {
    const { contactId } = await shown(email);
    const { text } = await at.submit(`${path}/erase`);
    expect(text).toContain('The erasure is under way');
    const [message, ...more] = await at.taken('EVENTS_QUEUE_URL');
    expect(more).toEqual([]);
    expect(message?.MessageAttributes?.['kind']?.StringValue).toBe('erasure');
    expect(JSON.parse(message?.Body ?? '')).toMatchObject({
      contactId,
      email,
      by: 'local',
    });
    expect(await at.delayed('EVENTS_QUEUE_URL')).toBe(1);
    await at.sqs.send(new PurgeQueueCommand({ QueueUrl: at.urlOf('EVENTS_QUEUE_URL') }));
  });

  test.each(['of a customer', 'added by hand'])(
    'a contact %s is seen to be under way for as long as it is there, and not asked for again at once',
    async (kind) => {
      if (kind === 'added by hand') {
        email = `by-hand-${made}@example.com`;
        await at.addByHand(email, `by-hand-${made}`);
        path = `/console/audience/by-hand-${made}`;
      }
      const before = await at.get(path);
      expect(before.html).toContain(`href="${path}/erase"`);
      expect(before.text).toContain('Gets receipts and marketing.');
      await at.submit(`${path}/erase`);
      for (const _ of ['reload', 'another one']) {
        const { text, html } = await at.get(path);
        expect(text).toMatch(/The erasure is under way.* Requested on .* by a local user\./);
        expect(text).toContain('being erased Gets no mail.');
        expect(text).toContain('Transactional Gets nothing');
        expect(text).not.toContain('Gets receipts and marketing.');
        // It shows by itself when that is done, and offers nothing to do until then.
        expect(html).toContain('id="erasing" data-refresh');
        for (const act of ['erase', 'edit', 'clear', 'subscribe', 'unsubscribe']) {
          expect(html).not.toContain(`"${path}/${act}"`);
        }
      }
      expect((await shown(email)).subscribed).toBe(true);
    },
  );

  test('that is still not done after a quarter of an hour may have died, which the page says', async () => {
    await at.submit(`${path}/erase`);
    const customer = await at.item('Customers', { customerId: id });
    const long = new Date(Date.now() - 20 * 60_000).toISOString();
    await at.put('Customers', { ...customer, erasure: { at: long, by: 'somebody' } });
    const { text, html } = await at.get(path);
    expect(text).toMatch(/Erasure was requested .* by somebody and still isn’t done\./);
    expect(text).toContain('not erased yet Gets no mail.');
    expect(html).toContain('href="/console/dead-letters"');
    expect(html).toContain(`href="${path}/erase"`);
  });

  test('notes nothing where no message could be sent', async () => {
    vi.stubEnv('EVENTS_QUEUE_URL', at.urlOf('EVENTS_QUEUE_URL').replace(/events$/, 'nowhere'));
    const { status } = await consoleVisitor(consoleApp(consoleParts(process.env))).post(
      `${path}/erase`,
    );
    vi.stubEnv('EVENTS_QUEUE_URL', at.urlOf('EVENTS_QUEUE_URL'));
    expect(status).toBe(500);
    expect((await at.get(path)).text).not.toContain('under way');
  });
});

describe('adding a contact by hand', () => {
  const add = '/console/audience/add';

  test('makes a contact and leads to it', async () => {
    const fields = {
      email: ` Hand${made}@Example.com `,
      firstName: '<b>Bo</b>',
      lastName: 'O\'Hara "x"',
      externalId: 'e-1',
      userGroup: 'VIP',
    };
    const { text, html } = await at.submit(add, fields);
    expect(text).toContain('The contact was added.');
    expect(text).toContain('<b>Bo</b>');
    expect(html).not.toContain('<b>Bo');
    expect(await shown(`hand${made}@example.com`)).toMatchObject({
      address: `Hand${made}@Example.com`,
      lastName: 'O\'Hara "x"',
      externalId: 'e-1',
      userGroup: 'VIP',
      source: 'Added by hand',
      subscribed: true,
    });
  });

  test.each([
    ['no address', { email: 'nobody' }, 'Enter an email address, such as you@example.com.'],
    ['no whole domain', { email: 'ann@x' }, 'Enter the whole domain: “x” has no dot'],
    ['an address that is there', {}, 'A contact with this address already exists'],
    ['a group that is too long', { userGroup: 'g'.repeat(101) }, 'longer than 100 characters'],
  ])('with %s says so at the field and keeps what was typed', async (_, changed, problem) => {
    const { status, text, html } = await at.post(add, { email, firstName: 'Typed', ...changed });
    expect(status).toBe(422);
    expect(text).toContain(problem);
    expect(html).toContain('value="Typed"');
    expect(html).toContain('aria-invalid="true"');
  });

  test('does not subscribe who said no, and says so', async () => {
    const left = `left${made}@example.com`;
    await at.refusals.ofAddress(left, no('unsubscribed'));
    const { text } = await at.submit(add, { email: left });
    expect(text).toContain("the contact isn't subscribed");
    expect((await shown(left)).subscribed).toBe(false);
  });

  test('without the token of the form adds nobody', async () => {
    await at.get(add);
    await at.postWithToken(add, 'guessed', { email: `forged${made}@example.com` });
    expect(await at.contact(`forged${made}@example.com`)).toBeUndefined();
  });
});
