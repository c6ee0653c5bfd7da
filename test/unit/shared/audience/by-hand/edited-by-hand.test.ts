import { describe, expect, it } from 'vitest';
import { problemsInFields } from '#shared/audience/by-hand/typed-fields.ts';
import { audienceStory, minuteOf, settingsWith } from '#test/support/audience/audience-story.ts';

const ann = { email: 'ann@example.com', name: 'Ann Lee', externalId: 'user 1' };
const act = (minute: number) => ({ at: minuteOf(minute), by: 'an engineer' });

async function annsStory(settings = settingsWith({})) {
  const story = audienceStory(settings);
  await story.tell('customer.created', 'c1', { minute: 1, ...ann });
  return story;
}

describe('an edit of the contact of a customer', () => {
  it('wins over Polar until it is cleared, field by field', async () => {
    const story = await annsStory();
    const done = await story.edit(
      ann.email,
      10,
      { field: 'firstName', value: '  Anne ' },
      { field: 'externalId', value: 'user 7' },
    );
    expect(done).toMatchObject({ kind: 'done', contact: { firstName: 'Anne', lastName: 'Lee' } });
    await story.tell('customer.updated', 'c1', {
      minute: 20,
      email: ann.email,
      name: 'Anna Berg',
      externalId: 'user 2',
    });
    expect(story.contact(ann.email)).toMatchObject({
      ...{ firstName: 'Anne', lastName: 'Berg', externalId: 'user 7' },
      byHand: {
        ...{ firstName: 'Anne', externalId: 'user 7' },
        edits: { firstName: act(10), externalId: act(10) },
      },
    });

    await story.edit(ann.email, 30, { field: 'firstName' });
    expect(story.contact(ann.email)).toMatchObject({ firstName: 'Anna', externalId: 'user 7' });
  });

  it('is named in the record of an event that says otherwise', async () => {
    const story = await annsStory();
    await story.edit(ann.email, 10, { field: 'firstName', value: 'Anne' });
    const told = await story.tell('customer.updated', 'c1', { minute: 20, name: 'Eve Lee' });
    expect(told).toMatchObject({ outcome: 'unchanged', keptByHand: ['firstName'] });
    const agreed = await story.tell('customer.updated', 'c1', { minute: 30, name: 'Anne Lee' });
    expect(agreed).not.toHaveProperty('keptByHand');
    const other = await story.tell('customer.updated', 'c1', { minute: 40, name: 'Anne Berg' });
    expect(other).toMatchObject({ outcome: 'applied' });
    expect(other).not.toHaveProperty('keptByHand');
  });

  it('may say that there is to be none', async () => {
    const story = await annsStory();
    await story.edit(ann.email, 10, { field: 'lastName', value: ' ' });
    expect(story.contact(ann.email)).not.toHaveProperty('lastName');
    await story.tell('customer.updated', 'c1', { minute: 20, ...ann, name: 'Ann Berg' });
    expect(story.contact(ann.email)).not.toHaveProperty('lastName');
    await story.edit(ann.email, 30, { field: 'lastName' });
    expect(story.contact(ann.email)).toMatchObject({ lastName: 'Berg' });
  });

  it('moves with the customer and leaves nothing at the address', async () => {
    const story = await annsStory();
    await story.edit(ann.email, 10, { field: 'firstName', value: 'Anne' });
    await story.tell('customer.updated', 'c1', { minute: 20, email: 'ann@new.example' });
    await story.tell('customer.created', 'c2', { minute: 30, email: ann.email, name: 'Bob' });
    expect(story.contact('ann@new.example')).toMatchObject({ firstName: 'Anne' });
    expect(story.contact(ann.email)).toMatchObject({ firstName: 'Bob' });
    expect(story.contact(ann.email)).not.toHaveProperty('byHand');
  });

  it('lies over what was typed about the address, and does not change it', async () => {
    const story = audienceStory();
    await story.add({ email: ann.email, firstName: 'Annie' }, 1);
    await story.tell('customer.created', 'c1', { minute: 2, ...ann });
    await story.edit(ann.email, 10, { field: 'firstName', value: 'Anne' });
    expect(story.contact(ann.email)).toMatchObject({ firstName: 'Anne' });
    await story.edit(ann.email, 11, { field: 'firstName' });
    expect(story.contact(ann.email)).toMatchObject({ firstName: 'Ann' });
    await story.tell('customer.updated', 'c1', { minute: 20, email: 'ann@new.example' });
    expect(story.contact(ann.email)).toMatchObject({ firstName: 'Annie' });
    expect(story.contact(ann.email)).not.toHaveProperty('byHand.edits');
    expect(story.contact('ann@new.example')).toMatchObject({ firstName: 'Ann' });
  });

  it('is there again when a stranger who took over the address of the deleted customer moves on', async () => {
    const story = await annsStory();
    await story.edit(ann.email, 10, { field: 'firstName', value: 'Anne' });
    await story.tell('customer.deleted', 'c1', { minute: 20, ...ann });
    await story.tell('customer.created', 'c2', { minute: 30, email: ann.email, name: 'Bob' });
    expect(story.contact(ann.email)).toMatchObject({ customerId: 'c2', firstName: 'Bob' });
    await story.tell('customer.updated', 'c2', { minute: 40, email: 'bob@example.com' });
    expect(story.contact('bob@example.com')).toMatchObject({ firstName: 'Bob' });
    expect(story.contact(ann.email)).toMatchObject({ customerId: 'c1', firstName: 'Anne' });
  });

  it('is older than one that was made after it, whichever comes last', async () => {
    const story = await annsStory();
    await story.edit(ann.email, 11, { field: 'firstName' });
    await story.edit(ann.email, 10, { field: 'firstName', value: 'Anne' });
    expect(story.contact(ann.email)).toMatchObject({ firstName: 'Ann' });
  });

  it('goes with an erasure, whoever asks for it', async () => {
    const story = await annsStory();
    await story.edit(ann.email, 10, { field: 'firstName', value: 'Anne' });
    await story.tell('customer.deleted', 'c1', { minute: 20, anonymised: true });
    expect(JSON.stringify([...story.rows.customers, ...story.rows.contacts])).not.toContain('Anne');
  });

  it('is refused where the contact is at another address by now', async () => {
    const story = await annsStory();
    expect(await story.edit('ann@new.example', 10, { field: 'firstName' })).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('Search for it again'),
    });
  });
});

describe('a group that is edited', () => {
  const always = settingsWith(
    {},
    { 'order.paid': { userGroup: 'buyers', userGroupMode: 'always' } },
  );

  it('holds until a newer event that always gives one', async () => {
    const story = await annsStory(always);
    await story.edit(ann.email, 10, { field: 'userGroup', value: 'friends' });
    const older = await story.tell('order.paid', 'c1', { minute: 5, ...ann });
    expect(older.groupReason).toContain('somebody set the group by hand');
    expect(story.contact(ann.email)).toMatchObject({ userGroup: 'friends' });
    await story.tell('order.paid', 'c1', { minute: 20, ...ann });
    expect(story.contact(ann.email)).toMatchObject({ userGroup: 'buyers' });
  });

  it('is what events say again once it is cleared', async () => {
    const story = await annsStory(always);
    await story.tell('order.paid', 'c1', { minute: 5, ...ann });
    await story.edit(ann.email, 10, { field: 'userGroup', value: '' });
    expect(story.contact(ann.email)).not.toHaveProperty('userGroup');
    await story.edit(ann.email, 11, { field: 'userGroup' });
    expect(story.contact(ann.email)).toMatchObject({ userGroup: 'buyers' });
  });
});

describe('an edit of a contact that was added by hand', () => {
  it('stays at the address, over the facts of whoever comes', async () => {
    const story = audienceStory();
    await story.add({ email: ann.email, firstName: 'Annie', lastName: 'L.' }, 1);
    const edits = [{ field: 'firstName', value: 'Anne' } as const, { field: 'lastName' } as const];
    await story.edit(ann.email, 10, ...edits);
    expect(story.contact(ann.email)).toMatchObject({ firstName: 'Anne' });
    expect(story.contact(ann.email)).not.toHaveProperty('lastName');
    await story.tell('customer.created', 'c1', { minute: 20, ...ann });
    expect(story.contact(ann.email)).toMatchObject({ firstName: 'Anne', lastName: 'Lee' });
    await story.tell('customer.updated', 'c1', { minute: 30, email: 'ann@new.example' });
    expect(story.contact('ann@new.example')).toMatchObject({ firstName: 'Ann' });
    expect(story.contact(ann.email)).toMatchObject({ firstName: 'Anne' });
    expect(story.contact(ann.email)).not.toHaveProperty('lastName');
  });
});

describe('fields that a person types', () => {
  it('are wrong where they are too long, or nothing of a name can be seen', () => {
    expect(
      problemsInFields({ firstName: 'a'.repeat(257), lastName: '\u200b', externalId: 'x' }),
    ).toEqual({
      firstName: 'The first name is longer than 256 characters.',
      lastName: 'The last name has no visible characters.',
    });
    expect(problemsInFields({ userGroup: 'g'.repeat(101), firstName: ' ' })).toEqual({
      userGroup: 'The user group is longer than 100 characters.',
    });
  });
});
