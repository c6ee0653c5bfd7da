import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { consoleParts } from '#functions/console/parts.ts';
import { workflowParts } from '#functions/console/workflows/workflow-parts.ts';
import { firstSend } from '#shared/audience/workflow.ts';
import { plainDraft } from '#shared/mail/check/written-draft.ts';
import { draftOf } from '#shared/mail/workflow-drafts.ts';
import {
  emailFields,
  fieldsOf,
  hostile,
  startWorkflowDesk,
  workflowsPath,
} from './workflow-pages-at-work.ts';

let at: Awaited<ReturnType<typeof startWorkflowDesk>>;
beforeAll(async () => {
  at = await startWorkflowDesk();
});
afterAll(() => at.stop());
beforeEach(() => at.clear());

describe('leaving the editor', () => {
  test.each([
    ['once something was typed that is not saved', { name: 'Thanks' }, 'already'],
    ['with a step that was added and is not saved', { act: 'add-email-1' }, 'already'],
    ['with nothing typed only after a change', {}, 'warns'],
    ['with another look at the preview only after a change', { look: 'phone' }, 'warns'],
  ])('warns %s', async (_, change, unsaved) => {
    const { path, saved } = await at.added('receipt');
    expect((await at.get(`${path}/edit`)).html).toContain('data-unsaved="warns"');
    const fields = { ...fieldsOf(await saved()), act: 'preview', ...change };
    const { html } = await at.post(`${path}/edit`, fields);
    expect(html).toContain(`data-unsaved="${unsaved}"`);
  });
});

describe('saving', () => {
  test('is refused at the sender whose emails SES would refuse', async () => {
    const { path, saved } = await at.added('receipt');
    const fields = {
      ...fieldsOf(await saved()),
      ...emailFields({ from: 'Shop <hello@elsewhere.example>' }),
    };
    const { status, text, html } = await at.post(`${path}/edit`, fields);
    expect(status).toBe(422);
    expect(text).toContain('From must be an address of example.com or of a subdomain');
    expect(html).toContain('value="Shop &lt;hello@elsewhere.example&gt;"');
    expect(await saved()).toMatchObject({ version: 1 });
    await at.post(`${path}/edit`, {
      ...fields,
      ...emailFields({ from: 'Shop <hello@mail.example.com>' }),
    });
    expect(await saved()).toMatchObject({ version: 2 });
  });

  test('knows in whose names IAM lets this deployment send', async () => {
    const { saved } = await at.added('receipt');
    const draft = plainDraft(draftOf(await saved()));
    if (!draft) throw new Error('It does more than send one email.');
    const MAIL_IDENTITIES = 'shop@example.com';
    const { drafts } = workflowParts(consoleParts({ ...process.env, MAIL_IDENTITIES }));
    const from = (address: string) => ({ ...draft, email: { ...draft.email, from: address } });
    expect(await drafts.save(await saved(), from('other@example.com'))).toMatchObject({
      kind: 'refused',
      problems: [expect.stringMatching(/^From must be shop@example\.com: SES/)],
    });
    expect(await drafts.save(await saved(), from('Shop <shop@example.com>'))).toMatchObject({
      kind: 'saved',
    });
  });

  test('keeps all that was typed as the next version', async () => {
    const { path, saved } = await at.added('receipt');
    const before = await saved();
    const answer = await at.submit(`${path}/edit`, {
      ...fieldsOf(before),
      name: 'Thanks',
      event: 'subscription.active',
      'property-0': 'amount',
      'operator-0': 'is-not',
      'value-0': '0',
      'property-1': '',
      'operator-1': 'is',
      'value-1': '',
      'property-2': 'trialEnd',
      'operator-2': 'is-set',
      'value-2': '',
      frequency: 'once-per-subscription',
      maxAgeHours: '24',
      ...emailFields({
        kind: 'marketing',
        from: 'Ada <ada@example.com>',
        replyTo: 'help@example.com',
        subject: 'Thanks, {{ contact.firstName | default: "you" }}',
        preheader: '',
        body: 'One\r\n\r\nTwo',
      }),
    });
    expect(answer.text).toContain('Saved as version 2. It’s a draft');
    expect(await saved()).toMatchObject({
      version: 2,
      name: 'Thanks',
      trigger: {
        event: 'subscription.active',
        conditions: [
          { property: 'amount', operator: 'is-not', value: '0' },
          { property: 'trialEnd', operator: 'is-set' },
        ],
      },
      frequency: 'once-per-subscription',
      maxAgeHours: 24,
      steps: [
        {
          email: {
            kind: 'marketing',
            from: 'Ada <ada@example.com>',
            replyTo: 'help@example.com',
            body: 'One\n\nTwo',
          },
        },
      ],
    });
  });

  test('says what becomes of emails on their way when an active one is moved to another event', async () => {
    const { path, saved } = await at.added('receipt');
    await at.post(`${path}/activate`, { version: '1' });
    const fields = { ...fieldsOf(await saved()), event: 'order.refunded' };
    expect((await at.submit(`${path}/edit`, fields)).text).toContain(
      'Emails for order.paid that are still queued or held will be blocked.',
    );
  });

  test('takes out what was emptied', async () => {
    const { path, saved } = await at.added('receipt');
    await at.post(`${path}/edit`, {
      ...fieldsOf(await saved()),
      ...emailFields({ from: 'a@example.com' }),
    });
    expect(firstSend(await saved()).email.from).toBe('a@example.com');
    await at.post(`${path}/edit`, {
      ...fieldsOf(await saved()),
      ...emailFields({ from: ' ' }),
    });
    expect(firstSend(await saved()).email).not.toHaveProperty('from');
  });

  test('what is there already changes nothing', async () => {
    const { path, saved } = await at.added('cancellation-scheduled');
    const answer = await at.submit(`${path}/edit`, fieldsOf(await saved()));
    expect(answer.text).toContain('No changes to save.');
    expect((await saved()).version).toBe(1);
  });

  test('says what is wrong at its field, all at once, and keeps what was typed', async () => {
    const { path, saved } = await at.added('receipt');
    const before = await saved();
    const { status, text, html } = await at.post(`${path}/edit`, {
      ...fieldsOf(before),
      name: '',
      'property-0': 'amount',
      'operator-0': 'is',
      'value-0': '19.99',
      'property-1': '',
      'operator-1': 'is',
      'value-1': 'something',
      maxAgeHours: 'soon',
      ...emailFields({
        from: 'nobody',
        subject: '{{ event.amnt }}',
        body: `${hostile} {{ contact.fistName }}`,
      }),
    });
    expect(status).toBe(422);
    expect(text).toContain('Nothing was saved. 7 things are wrong:');
    for (const [id, sentence] of [
      ['name', 'Enter a name.'],
      ['property-0', 'needs a whole number of minor units'],
      ['property-1', 'Choose what this condition is about.'],
      ['maxAgeHours', 'The maximum age in hours must be above 0'],
      ['step-0-from', 'From must be one address'],
      ['step-0-subject', 'did you mean event.amount?'],
      ['step-0-body', 'Body, line 1: There is no variable contact.fistName'],
    ]) {
      expect(html).toMatch(new RegExp(`<a href="#${id}">[^<]*${escaped(sentence)}`));
      expect(html).toContain(`id="${id}"`);
    }
    expect(html).toContain('id="step-0-body-problem"');
    expect(html).toContain('value="19.99"');
    expect(html).toContain('value="soon"');
    expect(html).not.toContain('<script>alert');
    expect(text).toContain(hostile);
    expect(await saved()).toEqual(before);
  });

  test.each([
    { event: 'nothing.happened', frequency: 'daily', 'step-0-kind': 'spam', act: 'save' },
    { act: 'remove-condition-99999999', version: '-1' },
    { act: hostile, example: hostile, event: hostile },
    {
      name: 'x'.repeat(10_000),
      'step-0-body': '{% for x in (1..1000000000) %}{{ x }}{% endfor %}',
    },
    { 'step-0': hostile, 'step-1': 'wait', 'step-1-count': hostile, 'step-1-end': hostile },
  ])('answers a hostile form with a page (%#)', async (fields) => {
    const { path, saved } = await at.added('receipt');
    const before = await saved();
    const { status, html } = await at.post(`${path}/edit`, { ...fieldsOf(before), ...fields });
    expect([200, 409, 422]).toContain(status);
    expect(html).not.toContain('<script>alert');
    expect(await saved()).toEqual(before);
  });

  test('a form with nothing in it saves nothing', async () => {
    const { path, saved } = await at.added('receipt');
    expect((await at.post(`${path}/edit`, { act: 'save' })).status).toBe(409);
    expect((await at.post(`${path}/edit`)).status).toBe(200);
    expect((await saved()).version).toBe(1);
  });

  test('names stay text wherever they are shown', async () => {
    const { path, saved } = await at.added('receipt');
    await at.post(`${path}/edit`, {
      ...fieldsOf(await saved()),
      ...{ name: hostile, 'step-0-subject': hostile },
    });
    expect((await saved()).name).toBe(hostile);
    for (const page of [workflowsPath, path, `${path}/edit`, `${path}/remove`]) {
      const { html, text } = await at.get(page);
      expect(html).not.toContain('<script>alert');
      expect(text).toContain(hostile);
    }
  });
});

describe('a condition', () => {
  test('is added and removed without saving anything', async () => {
    const { path, saved } = await at.added('cancellation-scheduled');
    const before = await saved();
    const rows = (html: string) => html.match(/name="property-\d+"/g)?.length;
    const more = await at.post(`${path}/edit`, { ...fieldsOf(before), act: 'add-condition' });
    expect(rows(more.html)).toBe(before.trigger.conditions.length + 1);
    const fewer = await at.post(`${path}/edit`, { ...fieldsOf(before), act: 'remove-condition-0' });
    expect(rows(fewer.html)).toBe(before.trigger.conditions.length - 1);
    expect(fewer.html).toMatch(/<option selected>endedAt</);
    expect(fewer.html).not.toMatch(/<option selected>cancelAtPeriodEnd</);
    expect(await saved()).toEqual(before);
  });
});

function escaped(text = ''): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
