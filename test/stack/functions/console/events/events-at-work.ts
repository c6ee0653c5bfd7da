import { applyEvent } from '#shared/audience/apply-event.ts';
import type { EventRecord } from '#shared/audience/event-record.ts';
import { defaultSettings, type Settings } from '#shared/audience/settings/settings.ts';
import { plainSteps, type Workflow } from '#shared/audience/workflow.ts';
import { polarEvent } from '#shared/polar/event.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { sampleCustomerId } from '#shared/polar/sample/sample-values.ts';
import { startConsole } from '#test/stack/functions/console/console-at-work.ts';

type Told = Readonly<{
  email?: string;
  name?: string;
  webhookId?: string;
  receivedAt?: string;
  workflows?: readonly Workflow[];
  settings?: Partial<Settings>;
}>;

let told = 0;

/** The console with events that were decided as the worker decides them. */
export async function startConsoleWithEvents() {
  const console = await startConsole();
  const { store, newId, pause } = console;

  async function happen(type: SupportedEventType, given: Told = {}): Promise<EventRecord> {
    told += 1;
    const { email = `buyer-${told}@example.com`, name = 'Ann Buyer' } = given;
    const { workflows = [], settings = {} } = given;
    const customerId = sampleCustomerId(email);
    const person = { customerId, email, name, externalId: null, isNew: false };
    const body = JSON.stringify(polarPayload(type, person, new Date()));
    const parsed = polarEvent(body);
    if (parsed.kind === 'unreadable') throw new Error(parsed.reason);
    const webhookId = given.webhookId ?? `evt-${told}`;
    const receivedAt = given.receivedAt ?? new Date().toISOString();
    const event = { ...parsed.event, webhookId, receivedAt };
    const surroundings = {
      settings: { ...defaultSettings, ...settings },
      now: new Date(),
      newId,
    };
    const { record } = await applyEvent(event, body, { store, surroundings, workflows, pause });
    return record;
  }

  return {
    ...console,
    happen,
    /** Records as they come out of many events, without the events. */
    async recorded(number: number, change: (nth: number) => Partial<EventRecord>) {
      for (let nth = 0; nth < number; nth++) {
        const record: EventRecord = {
          webhookId: crypto.randomUUID(),
          type: 'order.paid',
          occurredAt: '2026-10-01T00:00:00.000000Z',
          receivedAt: '2026-10-01T00:00:00.000Z',
          outcome: 'unchanged',
          changes: [],
          settingsVersion: 0,
          customerId: 'customer-many',
          properties: {},
          ...change(nth),
        };
        await store.commit({ steps: undefined, record, payload: '{}' });
      }
    },
  };
}

/** A workflow that waits for such events, active. */
export function activeWorkflow(change: Partial<Workflow> = {}): Workflow {
  return {
    workflowId: 'welcome',
    version: 3,
    name: 'Welcome <b>all</b>',
    status: 'active',
    trigger: { event: 'customer.created', conditions: [] },
    frequency: 'once-per-contact',
    maxAgeHours: 72,
    ...plainSteps(
      { kind: 'transactional', subject: 'Hello', preheader: '', body: 'Hello' },
      { subject: 'Hello', html: '<p>Hello</p>', text: 'Hello' },
    ),
    createdAt: '2026-11-01T00:00:00.000Z',
    updatedAt: '2026-11-01T00:00:00.000Z',
    ...change,
  };
}
