import { expect, inject, it } from 'vitest';
import { proveCrashes } from './crash.ts';

// `npm run prove -- crash` lets every call go wrong, also the second of two reads in a row by the same operation.
const skipsRepeats = true;

it('a crash after any AWS call, and a lost reply, leave what an undisturbed run leaves', async () => {
  const { worker, ingest } = await proveCrashes({
    template: inject('stackTemplate'),
    kinds: ['killed after the call', 'reply lost and the call repeated by the SDK'],
    ...{ skipsRepeats, isKilledTwice: () => false },
    isWanted: (part, { name }) =>
      part !== 'mailer' && name === 'order.paid of a new customer, by default',
  });
  expect([...worker.failures, ...ingest.failures]).toEqual([]);
  expect(worker.points).toBeGreaterThan(10);
  expect(ingest.points).toBe(4);
}, 600_000);

it('a crash between the state of a renewal and its record, and around them, leaves no trace either', async () => {
  const { worker } = await proveCrashes({
    template: inject('stackTemplate'),
    kinds: ['killed after the call', 'reply lost and the call repeated by the SDK'],
    isKilledTwice: () => false,
    isWanted: (part, { name }) => part === 'worker' && name.startsWith('order.paid that renews'),
  });
  expect(worker.failures).toEqual([]);
  // Settings, workflows, the customer, its state, its record, the message for the email, and what had failed before.
  expect(worker.points).toBe(2 * 7);
}, 600_000);

it('a crash around the one transaction of a batch, or its refusal, leaves no trace either', async () => {
  const { worker } = await proveCrashes({
    template: inject('stackTemplate'),
    kinds: ['killed after the call', 'call refused'],
    isKilledTwice: () => false,
    isWanted: (part, { name }) => part === 'worker' && name === 'a purchase in one batch',
  });
  expect(worker.failures).toEqual([]);
  // Settings, workflows, the key of addresses, all rows, the transaction, and for each of the four events its email and
  // what had failed before.
  expect(worker.points).toBe(2 * 13);
}, 600_000);

it('no crash and no lost reply sends an email twice, or leaves one that nobody asks about', async () => {
  const { mailer } = await proveCrashes({
    template: inject('stackTemplate'),
    kinds: ['reply lost'],
    ...{ skipsRepeats, isKilledTwice: () => false },
    isWanted: (part, { name }) => part === 'mailer' && name.startsWith('order.paid'),
    // `npm run prove -- crash` disturbs both, whatever SES does.
    isDisturbed: (who, mood) => mood === (who === 'mailer' ? 'takes it' : 'is busy at first'),
  });
  expect(mailer.failures).toEqual([]);
  expect(mailer.points).toBeGreaterThan(10);
}, 600_000);
