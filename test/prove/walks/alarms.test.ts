import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { encodeMailMessage, mailsOf } from '#shared/queue/mail-queue.ts';
import { eventRecordOf } from '#shared/store/events/event-item.ts';
import { type SesMood, startSes } from '#test/fakes/ses.ts';
import { type QueueName, startAccount, type Tables } from '#test/prove/account.ts';
import { type ShiftedClock, shiftedClock } from '#test/prove/crash/shifted-clock.ts';
import { begin, situationBefore } from '#test/prove/crash/worker.ts';
import type { Fault } from '#test/prove/fault-proxy.ts';
import { called, type FunctionName, handled, startLife } from '#test/prove/life.ts';
import { queued, scenarios, workflows } from '#test/prove/scenarios.ts';
import { bounce } from '#test/stack/functions/feedback/ses-notification.ts';
import { onlyAwsMeasures, watchAlarms } from '#test/stack/infra/alarms/told-elsewhere.ts';
import { lambdaOf } from '#test/stack/infra/constructs/lambda-of.ts';
import { alarmsOf, type Seen } from '#test/support/cloud/cloud-watch.ts';
import { stageTemplate } from '#test/support/cloud/stage-stack.ts';
import { signedRequest } from '#test/support/polar/signed-request.ts';

const template = stageTemplate();
const alarms = alarmsOf(template);
const order = scenarios().find(({ name }) => name === 'order.paid of a new customer, by default');
const valid = { name: 'settings', ...order?.settings };
const invalid = { ...valid, newContacts: 'everybody' };

let account: Awaited<ReturnType<typeof startAccount>>;
let ses: Awaited<ReturnType<typeof startSes>>;
let clock: ShiftedClock;
/** With one event that asks for an email. */
let mailed: Tables;
const lines: Record<string, unknown>[] = [];
let silence: { mockRestore: () => void };

beforeAll(async () => {
  [account, ses] = await Promise.all([startAccount(inject('stackTemplate')), startSes()]);
  clock = shiftedClock();
  silence = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    const text = String(chunk);
    if (text.startsWith('{"timestamp":')) lines.push(JSON.parse(text));
    return true;
  });
  if (!order?.webhook) throw new Error('There is no such scenario.');
  const stage = { account, clock, since: new Date(), kinds: [], pairs: false };
  mailed = await situationBefore({ settings: order.settings, before: [order.webhook] }, stage);
});
afterAll(async () => {
  silence?.mockRestore();
  clock?.restore();
  await ses?.stop();
  await account?.stop();
});
beforeEach(async () => {
  await begin({ account, clock } as Parameters<typeof begin>[0], {
    Settings: [valid],
    Workflows: workflows(),
  });
});

const from = { ses: '', more: { MAIL_FROM: 'Shop <shop@example.com>', MAILS_PER_SECOND: '1000' } };

/** Runs one function, and gives what it logged and whether Lambda would count an error. */
async function seenOf(
  name: FunctionName,
  act: (life: Awaited<ReturnType<typeof startLife>>) => Promise<unknown>,
  options: { fault?: Fault; more?: Record<string, string> } = {},
): Promise<Seen> {
  lines.length = 0;
  const more = { ...from.more, ...options.more };
  const life = await startLife(account, name, { ...options, more, ses: ses.endpoint });
  const fate = await act(life);
  await life.end();
  const { id, properties } = lambdaOf(template, name);
  return {
    lines: { [properties.LoggingConfig.LogGroup.Ref]: [...lines] },
    measured: (metric, of) =>
      metric === 'Errors' && of === id && fate === 'failed' ? 1 : undefined,
  };
}

/** What SQS tells CloudWatch so many minutes from now. */
function queuesIn(minutes: number): Seen {
  const at = new Date(Date.now() + minutes * 60_000);
  return {
    measured: (metric, of) =>
      metric === 'ApproximateNumberOfMessagesVisible' || metric === 'ApproximateAgeOfOldestMessage'
        ? account.metricsOf(of as QueueName, at)[metric]
        : undefined,
  };
}

const fedBy = { worker: 'EventsQueue', mailer: 'MailQueue', feedback: 'FeedbackQueue' } as const;
type Fed = keyof typeof fedBy;

/** The function tries the next message of its queue so many times. */
function tries(name: Fed, times = 1, options: Parameters<typeof seenOf>[2] = {}): Promise<Seen> {
  return seenOf(
    name,
    async (life) => {
      for (let receive = 0; receive < times; receive++) {
        const record = await account.receive(fedBy[name]);
        if (!record) throw new Error('Nothing is visible.');
        const fate = await handled(life, record);
        if (fate === 'done') await account.remove(fedBy[name], record);
        else await account.giveBack(fedBy[name], record);
      }
    },
    options,
  );
}

const unreadable = (queue: QueueName) => account.send(queue, { MessageBody: 'nonsense' });
const event = () =>
  account.send('EventsQueue', order?.webhook ? queued(order.webhook) : { MessageBody: '' });

async function email(changed: Tables = {}, ...moods: SesMood[]): Promise<void> {
  await account.reset({ ...mailed, ...changed });
  ses.behave(moods[Symbol.iterator]());
  const [record] = (mailed['Events'] ?? []).map(eventRecordOf);
  for (const mail of record ? mailsOf(record) : []) {
    await account.send('MailQueue', encodeMailMessage(mail));
  }
}

const complaint = async (changed: Tables = {}) => {
  await account.reset({ ...mailed, ...changed });
  const mail = { ledgerKey: randomUUID(), to: 'ann@example.com' };
  await account.send('FeedbackQueue', { MessageBody: bounce(mail, 'Permanent') });
};

/** The access log tells what ingest answered. */
async function answered(secret: string, more: Record<string, string> = {}): Promise<Seen> {
  const statuses: string[] = [];
  await seenOf(
    'ingest',
    async ({ handler, environment }) => {
      Object.assign(process.env, environment);
      const invoke = handler as (request: unknown) => Promise<{ statusCode: number }>;
      const { statusCode } = await invoke(signedRequest(order?.webhook?.body ?? '', { secret }));
      statuses.push(String(statusCode));
    },
    { more },
  );
  const [accessLog = ''] = Object.keys(template.findResources('AWS::Logs::LogGroup')).filter((id) =>
    id.includes('AccessLogs'),
  );
  return {
    lines: { [accessLog]: statuses.map((status) => ({ status })) },
    measured: (metric) =>
      metric === '5xx' ? statuses.filter((status) => status.startsWith('5')).length : undefined,
  };
}

async function dead(name: Fed): Promise<Seen> {
  await unreadable(fedBy[name]);
  await tries(name);
  return queuesIn(0);
}

const causes: Record<string, () => Promise<Seen>> = {
  deadletters: () => dead('worker'),
  deadlettersageing: async () => {
    await dead('worker');
    // Each look at the dead letters receives them, and SQS leaves the third out of the age of a queue.
    for (let look = 0; look < 3; look++) {
      const record = await account.receive('EventsDeadLetters');
      if (record) await account.giveBack('EventsDeadLetters', record);
    }
    return queuesIn(8 * 24 * 60);
  },
  queueageing: async () => {
    await event();
    return queuesIn(21);
  },
  eventsretried: async () => {
    await account.reset({ Settings: [invalid] });
    await event();
    return tries('worker', 5);
  },
  ingest5xx: () =>
    answered(account.secret, { EVENTS_QUEUE_URL: `${account.endpoints.sqs}/000000000000/gone` }),
  webhooksunauthorized: () => answered(`whsec_${'b'.repeat(43)}=`),
  maildeadletters: () => dead('mailer'),
  feedbackdeadletters: () => dead('feedback'),
  mailqueueageing: async () => {
    await email();
    return queuesIn(61);
  },
  feedbackqueueageing: async () => {
    await complaint();
    return queuesIn(61);
  },
  emailsretried: async () => {
    await email({ Settings: [invalid] });
    return tries('mailer', 5);
  },
  feedbackretried: async () => {
    await complaint({ Settings: [invalid] });
    return tries('feedback', 5);
  },
  emailswaiting: async () => {
    await email({}, 'throttle', 'throttle');
    await tries('mailer');
    clock.pass(61 * 60);
    await seenOf('clock', called);
    return tries('mailer');
  },
  emailsfailed: async () => {
    await email({}, 'reject');
    return tries('mailer');
  },
  emailsblocked: async () => {
    await email();
    return tries('mailer', 1, { more: { MAIL_FROM: '' } });
  },
  unknownemails: async () => {
    await email({}, 'lost');
    await tries('mailer');
    clock.pass(15 * 60 + 1);
    return seenOf('clock', called);
  },
  rowsunreadable: async () => {
    const run = { runId: 'run-1', wakeShard: '0', wakeAt: '2026-11-01T12:00:00.000Z', stepId: 7 };
    await account.reset({ Runs: [run] });
    return seenOf('clock', called);
  },
  clockerrors: () => seenOf('clock', called, { fault: { kind: 'call refused', at: 1 } }),
  clockstopped: async () => ({}),
  watchstopped: async () => ({}),
  rollupstopped: async () => ({}),
};

describe('an alarm', () => {
  it.each(Object.keys(causes))('%s comes true by a real cause', async (name) => {
    expect(alarms.isBreached(name, (await causes[name]?.()) ?? {})).toBe(true);
  });

  it.each(alarms.names)('%s is quiet while all is well', async (name) => {
    const isOfSilence = name.endsWith('stopped');
    const measured = (metric: string) => (metric === 'Invocations' ? 5 : 0);
    expect(alarms.isBreached(name, { measured })).toBe(false);
    expect(alarms.isBreached(name, {})).toBe(isOfSilence);
  });

  it('is rehearsed here, among those of watch, or measured by AWS alone', () => {
    const all = [...Object.keys(causes), ...watchAlarms, ...Object.keys(onlyAwsMeasures)];
    expect(all.sort()).toEqual([...alarms.names].sort());
  });
});

describe('an event that fails again and again', () => {
  it('is in no age of the queue from its third receive on, as by SQS', async () => {
    await account.reset({ Settings: [invalid] });
    await event();
    await tries('worker', 2);
    expect(alarms.isBreached('queueageing', queuesIn(21))).toBe(true);
    await tries('worker', 1);
    expect(alarms.isBreached('queueageing', queuesIn(21))).toBe(false);
  });
});

describe('a message that no retry can mend', () => {
  it.each([
    ['worker', 'eventsretried'],
    ['mailer', 'emailsretried'],
    ['feedback', 'feedbackretried'],
  ] as const)('of the %s rings also while other dead letters wait, by %s', async (name, alarm) => {
    await unreadable(fedBy[name]);
    expect(alarms.isBreached(alarm, await tries(name))).toBe(true);
  });
});

describe('an email', () => {
  it('that is well rings nothing but what runs by the clock and did not', async () => {
    await email();
    const seen = await tries('mailer');
    const ringing = alarms.names.filter((name) => alarms.isBreached(name, seen));
    expect(ringing).toEqual(['clockstopped', 'watchstopped', 'rollupstopped']);
  });
});
