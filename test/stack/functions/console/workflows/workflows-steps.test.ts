import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fieldsOf, startWorkflowDesk } from './workflow-pages-at-work.ts';

let at: Awaited<ReturnType<typeof startWorkflowDesk>>;
beforeAll(async () => {
  at = await startWorkflowDesk();
});
afterAll(() => at.stop());
beforeEach(() => at.clear());

/** The dunning, and the form of it with one button pressed. */
async function dunning() {
  const { path, saved } = await at.added('dunning');
  const press = async (act: string, change: Record<string, string> = {}) => {
    const answer = await at.post(`${path}/edit`, { ...fieldsOf(await saved()), ...change, act });
    return { ...answer, ids: idsIn(answer.html) };
  };
  return { path, saved, press };
}

function idsIn(html: string): string[] {
  return [...html.matchAll(/name="step-\d+-id" value="([^"]*)"/g)].map(([, id = '']) => id);
}

describe('the steps of a workflow', () => {
  test('are shown one below the other, as they are written, and saved as they were', async () => {
    const { path, saved, press } = await dunning();
    const before = await saved();
    const { html } = await at.get(`${path}/edit`);
    expect(idsIn(html)).toEqual(before.steps.map(({ id }) => id));
    expect(html).toMatch(/<option selected>subscription\.status</);
    const { location } = await press('save');
    expect(location).toBe(path);
    expect(await saved()).toEqual(before);
    expect((await at.get(path)).text).toMatch(/Wait for 3 days .*Wait for 6 days/);
  });

  test('are linked above the first where there are many', async () => {
    const { path } = await dunning();
    const { html } = await at.get(`${path}/edit`);
    const [, jumps = ''] = /<nav class="jumps"(.*?)<\/nav>/s.exec(html) ?? [];
    const links = [...jumps.matchAll(/href="#(step-\d)"[^>]*>([^<]*)</g)];
    expect(links.slice(0, 3).map(([, id, words]) => [id, words])).toEqual([
      ['step-0', '1. Email'],
      ['step-1', '2. Wait 3 days'],
      ['step-2', '3. Email'],
    ]);
    expect(links).toHaveLength(9);
    for (const [, id] of links) expect(html).toContain(`<li class="card step" id="${id}">`);

    const short = await at.added('trial-ending');
    expect((await at.get(`${short.path}/edit`)).html).not.toContain('class="jumps"');
  });

  test('have five conditions each but the first on a page of less than 100 KB', async () => {
    const { press } = await dunning();
    const only = (step: number, row: number) => ({
      [`step-${step}-only-property-${row}`]: 'subscription.status',
      [`step-${step}-only-operator-${row}`]: 'is',
      [`step-${step}-only-value-${row}`]: 'past_due',
    });
    const rows = [0, 1, 2, 3, 4];
    const conditions = [2, 4, 6, 8].flatMap((step) => rows.map((row) => only(step, row)));
    const { status, html } = await press('preview', Object.assign({}, ...conditions));
    expect(status).toBe(200);
    expect(html.match(/<option selected>subscription\.status</g)).toHaveLength(21);
    expect(Buffer.byteLength(html)).toBeLessThan(100_000);

    const offers = /<option selected>subscription\.status<.*?<\/select>/s.exec(html)?.[0];
    expect(offers).toContain('<option>subscription.product');
    expect(offers).not.toContain('contact.');
    const another = { 'step-2-only-property-0': '' };
    const free = (await press('preview', Object.assign({}, ...conditions, another))).html;
    expect(free.split('>Choose a property<')).toHaveLength(2);
    expect(free.split('<option>contact.subscribed')).toHaveLength(2);
  });

  test('move and go by a button each, and nothing is saved before', async () => {
    const { saved, press } = await dunning();
    const before = await saved();
    const ids = before.steps.map(({ id }) => id);
    const [first = '', second = '', ...others] = ids;
    expect((await press('lower-step-0')).ids).toEqual([second, first, ...others]);
    expect((await press('raise-step-1')).ids).toEqual([second, first, ...others]);
    expect((await press('remove-step-0')).ids).toEqual([second, ...others]);
    expect((await press('raise-step-0')).ids).toEqual(ids);
    expect((await press('lower-step-8')).ids).toEqual(ids);
    expect((await press('remove-step-99')).ids).toEqual(ids);
    expect(await saved()).toEqual(before);
  });

  test('are added with ids that no step had, and saved where they are', async () => {
    const { saved, press } = await dunning();
    const added = await press('add-email-2');
    const again = await press('add-email-2');
    expect(added.ids).toHaveLength(10);
    expect(added.ids[2]).toMatch(/^email-[0-9a-f]{8}$/);
    expect(added.ids[2]).not.toBe(again.ids[2]);
    expect((await press('add-wait-0')).ids[0]).toMatch(/^wait-[0-9a-f]{8}$/);
    const [, , ...rest] = (await saved()).steps;
    await press('save', {
      ...{ 'step-0-subject': 'First', 'step-1-count': '12', 'step-1-unit': 'hours' },
      ...{ 'step-7-count': '2', 'step-7-end': 'before endsAt' },
    });
    const { steps } = await saved();
    expect(steps[0]).toMatchObject({ id: 'day-0', email: { subject: 'First' } });
    expect(steps[1]).toEqual({ kind: 'wait', id: 'wait-1', for: { hours: 12 } });
    expect(steps[7]).toEqual({
      ...{ kind: 'wait', id: 'wait-4', until: { date: 'endsAt', offsetHours: -48 } },
    });
    expect(steps.slice(2, 7)).toEqual(rest.slice(0, 5));
  });

  test('say what is wrong at their fields', async () => {
    const { saved, press } = await dunning();
    const { status, html } = await press('save', {
      ...{ 'step-2-subject': '', 'step-3-count': 'soon' },
      ...{
        'step-4-only-property-0': '',
        'step-4-only-operator-0': 'is',
        'step-4-only-value-0': 'x',
      },
      ...{ 'exit-property-0': 'subscription.cancelAtPeriodEnd', 'exit-value-0': 'yes' },
    });
    expect(status).toBe(422);
    for (const id of ['step-2-subject', 'step-3', 'step-4-only-property-0', 'exit-property-0']) {
      expect(html).toContain(`<a href="#${id}">`);
      expect(html).toContain(`id="${id}"`);
    }
    expect(html).toContain('Step 4, Wait: A wait must be 1 hour to 365 days, in whole hours.');
    expect((await saved()).version).toBe(1);
  });

  test('have conditions that are added and removed without saving anything', async () => {
    const { saved, press } = await dunning();
    const rows = (html: string, name: string) => html.split(`name="${name}`).length - 1;
    expect(rows((await press('add-only-2')).html, 'step-2-only-property-')).toBe(1);
    expect(rows((await press('add-audience')).html, 'audience-property-')).toBe(1);
    expect(rows((await press('add-exit')).html, 'exit-property-')).toBe(2);
    expect(rows((await press('remove-exit-0')).html, 'exit-property-')).toBe(0);
    expect((await saved()).version).toBe(1);
    const onlyIf = {
      'step-2-only-property-0': 'subscription.productId',
      'step-2-only-operator-0': 'is-one-of',
      'step-2-only-value-0': 'p1, p2',
    };
    const audience = {
      'audience-property-0': 'contact.userGroup',
      'audience-operator-0': 'is',
      'audience-value-0': 'beta',
    };
    await press('save', { ...onlyIf, ...audience });
    const { steps, audience: kept } = await saved();
    expect(steps[2]).toMatchObject({
      onlyIf: [{ property: 'subscription.productId', operator: 'is-one-of', values: ['p1', 'p2'] }],
    });
    expect(kept).toEqual([{ property: 'contact.userGroup', operator: 'is', value: 'beta' }]);
  });

  test('are previewed one at a time', async () => {
    const { path, press } = await dunning();
    const first = await at.get(`${path}/edit`);
    expect(first.text).toContain('Subject Your payment didn’t go through');
    const last = await press('show-step-8');
    expect(last.text).toContain('Subject Your subscription is about to end');
    expect(last.html).toContain('name="shown" value="day-20"');
  });

  test.each([
    ['step-1-count', '0.5', 'Step 2, Wait: ', 'A wait must be 1 hour'],
    ['step-2-from', 'nobody', 'Step 3, Email: ', 'From must be'],
    ['step-2-subject', ' ', 'Step 3, Email: Subject: it is empty.', 'It’s empty.'],
    ['step-2-body', '{% if %}', 'Step 3, Email: Body, line 1: ', 'Line 1: '],
  ])(
    'are named in the list of problems by their place and what they do, and not at the field: %s %s',
    async (field, typed, inList, atField) => {
      const { press } = await dunning();
      const { text, html } = await press('save', { [field]: typed });
      expect(text.split(inList)).toHaveLength(2);
      expect(html.match(/<span class="problem"[^>]*>([^<]*)/)?.[1]).toMatch(
        new RegExp(`^${atField}`),
      );
      expect(text).not.toMatch(/Step (wait|day)-/);
    },
  );

  test('can be tested one at a time', async () => {
    const { path } = await dunning();
    const { html } = await at.get(path);
    expect(html).toContain('<option value="day-14">Your subscription ends in about a week');
  });

  test('that go while people wait at them need a second yes', async () => {
    const { saved, press } = await dunning();
    at.parts.waitingAt = async (_, stepId) => (stepId === 'wait-1' ? 3 : 0);
    try {
      const without = await press('remove-step-1');
      expect(without.text).not.toContain('People wait');
      const kept = (await saved()).steps.filter(({ id }) => id !== 'wait-1');
      const fields = fieldsOf({ ...(await saved()), steps: kept });
      const path = `/console/workflows/${(await saved()).workflowId}/edit`;
      const asked = await at.post(path, fields);
      expect(asked.status).toBe(409);
      expect(asked.text).toContain('3 at step 2, Wait 3 days');
      expect(asked.text).toContain('Save and stop them');
      expect((await saved()).version).toBe(1);
      await at.post(path, { ...fields, sure: 'yes' });
      expect(await saved()).toMatchObject({ version: 2, steps: kept });
    } finally {
      at.parts.waitingAt = async () => 0;
    }
  });
});
