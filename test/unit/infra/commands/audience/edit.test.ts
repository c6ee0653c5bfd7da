import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { editAtAddress, editsTyped, type TypedEdits } from '#infra/commands/audience/edit.ts';
import { audienceStory, minuteOf } from '#test/support/audience/audience-story.ts';

let story: ReturnType<typeof audienceStory>;
let printed: string[];
let documents: object[];
let asked: string[];
const before = process.exitCode;

beforeEach(async () => {
  story = audienceStory();
  [printed, documents, asked] = [[], [], []];
  await story.tell('customer.created', 'c1', {
    minute: 1,
    email: 'Ann@example.com',
    name: 'Ann Lee',
  });
});
afterEach(() => {
  process.exitCode = before;
});

type How = { address?: string; isDryRun?: boolean; isSure?: boolean; answer?: boolean };

function edit(typed: TypedEdits, how: How = {}) {
  const { address = 'ann@example.com', isDryRun = false, isSure = false, answer = true } = how;
  const surroundings = { ...story.surroundings, now: new Date(minuteOf(100)) };
  return editAtAddress(
    { verb: 'edit', address, edits: editsTyped(typed), isDryRun, isSure, json: false },
    {
      means: { store: story.store, surroundings, pause: () => Promise.resolve() },
      options: ' --stage test',
      person: 'grace',
      confirmed: async (question) => asked.push(question) > 0 && answer,
      print: (line) => void printed.push(line),
      document: (found) => void documents.push(found),
    },
  );
}

const contact = () => story.contact('ann@example.com');
const output = () => printed.join('\n');

describe('npm run audience -- edit', () => {
  it('shows what changes, asks, and then wins over Polar', async () => {
    await edit({ name: 'Anna Berg', group: 'VIP' });
    expect(asked).toEqual(['Edit this contact?']);
    expect(output()).toMatch(/^first name +Ann → Anna$/m);
    expect(output()).toMatch(/^group +none → VIP$/m);
    expect(output()).not.toMatch(/ann@/i);
    await story.tell('customer.updated', 'c1', {
      minute: 200,
      email: 'ann@example.com',
      name: 'X Y',
    });
    expect(contact()).toMatchObject({ firstName: 'Anna', lastName: 'Berg', userGroup: 'VIP' });
    expect(contact()?.byHand?.edits?.userGroup).toMatchObject({ by: 'grace' });
  });

  it('gives a field back to Polar when it is cleared, and says what Polar says', async () => {
    await edit({ name: 'Anna Berg' });
    printed = [];
    await edit({ clear: ['name'] });
    expect(output()).toMatch(/^last name +Berg → Lee +cleared$/m);
    expect(contact()).toMatchObject({ firstName: 'Ann', lastName: 'Lee' });
  });

  it('takes an empty text for "none", whatever Polar says', async () => {
    await edit({ name: 'Ann' });
    expect(contact()).not.toHaveProperty('lastName');
    expect(output()).toMatch(/^last name +Lee → none$/m);
    expect(output()).toMatch(/^first name +Ann → Ann +now set by hand$/m);
  });

  it.each<[string, How, number | undefined]>([
    ['a dry run', { isDryRun: true }, 2],
    ['a person says no', { answer: false }, before as undefined],
  ])('changes nothing where %s', async (_, how, code) => {
    const rows = structuredClone(story.rows.customers.get('c1'));
    await edit({ externalId: 'user_1' }, how);
    expect(output()).toMatch(/^external id +none → user_1$/m);
    expect(story.rows.customers.get('c1')).toEqual(rows);
    expect(process.exitCode).toBe(code);
  });

  it('is a document for a program, with the address masked', async () => {
    await edit({ firstName: 'Anna' }, { isSure: true });
    expect(asked).toEqual([]);
    expect(documents).toEqual([
      {
        contactId: contact()?.contactId,
        address: 'A***@example.com',
        isDryRun: false,
        changes: [{ field: 'firstName', from: 'Ann', to: 'Anna', isCleared: false }],
      },
    ]);
  });

  it('says that all is so already, and asks nobody', async () => {
    await edit({ clear: ['group', 'external-id'] });
    expect(output()).toContain('The contact already has these values.');
    expect(asked).toEqual([]);
  });

  it('edits what was typed about an address, where no customer has it', async () => {
    await story.add({ email: 'bob@example.com', firstName: 'Bob' }, 1);
    await edit({ firstName: 'Rob' }, { address: ' BOB@example.com ' });
    expect(story.contact('bob@example.com')).toMatchObject({ firstName: 'Rob' });
    expect(output()).toContain('It stays with the address');
  });

  it.each([
    ['nobody@example.com', /^No contact has this address.*why -- <address> --stage test$/],
    ['Ann Archer', /^That isn't an email address\. Pass the contact's address\.$/],
  ])('refuses %s, and changes nothing', async (address, words) => {
    await expect(edit({ group: 'VIP' }, { address })).rejects.toThrow(words);
  });

  it.each<[TypedEdits, RegExp]>([
    [{}, /^Nothing to change\. Pass /],
    [{ name: 'A B', lastName: 'C' }, /^Pass --name, or /],
    [{ name: 'A B', clear: ['last-name'] }, /^Set the last name or clear it, but not both\.$/],
    [{ group: 'x'.repeat(101) }, /^The user group is longer than 100 characters\.$/],
    [{ name: '\u200b' }, /^The name has no visible characters\.$/],
  ])('refuses %j with one sentence', (typed, words) => {
    expect(() => editsTyped(typed)).toThrow(words);
  });
});
