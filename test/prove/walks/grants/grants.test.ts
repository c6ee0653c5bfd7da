import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparedWith } from '#test/support/cloud/aws-calls.ts';
import { tellAll } from './chapters.ts';
import { type Story, startStory } from './story.ts';

let story: Story;
/** Thousands of calls against all statements: once for every test. */
let compared: ReturnType<typeof comparedWith>;
beforeAll(async () => {
  story = await startStory();
  await tellAll(story);
  compared = comparedWith(story.account.identities, story.calls);
}, 900_000);
afterAll(() => story?.stop());

const fromTheQueue = 'Lambda itself takes messages from the queue with the role of the function';
const takes = {
  'sqs:DeleteMessage ': fromTheQueue,
  'sqs:GetQueueAttributes ': fromTheQueue,
  'sqs:ReceiveMessage ': fromTheQueue,
};
const otherSpelling = 'a contact that 0.1.0 keeps under another spelling is moved';
const raced = 'which rows a transaction only compares depends on what changed meanwhile';
const moved =
  'whom it brings in here is new: it moves those whose address has changed as the worker does';

/** By function, what nothing here makes it do: what the grant begins with, and when it does that. */
const unusedHere: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  WebhooksIngest: {},
  Worker: {
    ...takes,
    'dynamodb:ConditionCheckItem Addresses': raced,
    'dynamodb:ConditionCheckItem Runs': raced,
    'dynamodb:PutItem Suppressions': otherSpelling,
  },
  MailMailer: takes,
  MailFeedback: {
    ...takes,
    'dynamodb:DeleteItem Contacts': otherSpelling,
    'dynamodb:DeleteItem Words': otherSpelling,
    'dynamodb:PutItem Words': otherSpelling,
  },
  MailUnsubscribe: {
    'dynamodb:DeleteItem Contacts': otherSpelling,
    'dynamodb:DeleteItem Words': otherSpelling,
    'dynamodb:PutItem Words': otherSpelling,
  },
  Console: {
    'dynamodb:DeleteItem Addresses': otherSpelling,
    'dynamodb:DeleteItem Contacts': otherSpelling,
    'dynamodb:ConditionCheckItem Customers': raced,
    'dynamodb:ConditionCheckItem Runs': raced,
  },
  Clock: {},
  Watch: {},
  RollUp: {},
  Importer: {
    'dynamodb:BatchGetItem Runs': moved,
    'dynamodb:ConditionCheckItem Addresses': moved,
    'dynamodb:ConditionCheckItem Contacts': moved,
    'dynamodb:ConditionCheckItem Customers': moved,
    'dynamodb:ConditionCheckItem Runs': moved,
    'dynamodb:DeleteItem Addresses': otherSpelling,
    'dynamodb:DeleteItem Contacts': moved,
    'dynamodb:DeleteItem Words': moved,
    'dynamodb:PutItem Runs': moved,
    'dynamodb:PutItem Suppressions': moved,
  },
};

describe('IAM, where every function does all that it is for', () => {
  it('allows every call of theirs', () => {
    expect(compared.refused).toEqual([]);
  });

  it('knows no function that made no call', () => {
    const all = story.account.identities.ofType('AWS::Lambda::Function');
    expect(Object.keys(compared.unused).sort()).toEqual(Object.keys(unusedHere).sort());
    expect(all).toHaveLength(Object.keys(unusedHere).length);
  });

  it.each(Object.entries(unusedHere))(
    'allows %s nothing that it never did, but for a reason that still holds',
    (name, reasons) => {
      // Lambda writes the logs.
      const unused = (compared.unused[name] ?? []).filter((grant) => !grant.startsWith('logs:'));
      const starts = Object.keys(reasons);
      const startsOf = unused.map(
        (grant) => starts.find((start) => grant.startsWith(start)) ?? grant,
      );
      expect(startsOf.sort()).toEqual(starts.sort());
    },
  );
});
