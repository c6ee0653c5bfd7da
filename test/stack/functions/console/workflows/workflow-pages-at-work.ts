import {
  type TypedCondition,
  type TypedEmail,
  type TypedStep,
  typedOf,
} from '#functions/console/workflows/typed-workflow.ts';
import type { Email } from '#shared/audience/emails/email.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { draftOf } from '#shared/mail/workflow-drafts.ts';
import { shardOf } from '#shared/store/dynamo.ts';
import { saveSettings } from '#shared/store/settings/history.ts';
import { startConsole } from '#test/stack/functions/console/console-at-work.ts';

export const workflowsPath = '/console/workflows';

/** What customers, and people in a hurry, type. */
export const hostile = '<script>alert("x")</script>\' onload="y';

/** The console with what tests of workflows need of it. */
export async function startWorkflowDesk() {
  const at = await startConsole();
  await at.parts.settings();
  let ledger = 0;

  async function stored(path: string): Promise<Workflow> {
    const workflow = await at.parts.workflows.find(path.split('/').at(-1) ?? '');
    if (!workflow) throw new Error(`There is no workflow at ${path}`);
    return workflow;
  }

  async function set(change: Partial<typeof defaultSettings>) {
    const { version } = await at.parts.settings();
    const next = { ...defaultSettings, ...change, version: version + 1 };
    await saveSettings(at.db, at.tableOf('Settings'), next, { at: new Date(), by: 'a test' });
  }

  return {
    ...at,
    /** Settings that differ from the usual ones in this. */
    set,
    async clear() {
      for (const workflow of await at.parts.workflows.all()) {
        await at.parts.workflows.remove(workflow);
      }
      await set({ postalAddress: 'Example Shop, Street 1' });
    },
    /** Adds one as a person does and gives its page. */
    async added(template: string) {
      const { location } = await at.post(workflowsPath, { template });
      const path = /^(\/console\/workflows\/[a-z0-9-]+)\/edit$/.exec(location ?? '')?.[1];
      if (path === undefined) throw new Error(`Nothing was added: ${location}`);
      return { path, saved: () => stored(path) };
    },
    /** Rows of the ledger, as the mailer leaves them; three at one time. */
    async emails(workflowId: string, count: number, of: (nth: number) => Partial<Email>) {
      for (let nth = 0; nth < count; nth++) {
        const ledgerKey = `key-${++ledger}`;
        const time = new Date(Date.UTC(2026, 10, 1, 0, 0, Math.floor(ledger / 3))).toISOString();
        await at.put('Emails', {
          ledgerKey,
          workflowId,
          workflowVersion: 1,
          workflowShard: `${shardOf(ledgerKey)}#${workflowId}`,
          webhookId: `webhook/${ledger}`,
          customerId: 'c1',
          contactId: `contact-${ledger}`,
          state: 'sent',
          createdAt: time,
          updatedAt: time,
          ...of(nth),
        });
      }
    },
  };
}

/** What the form of a workflow would send. */
export function fieldsOf(workflow: Workflow): Record<string, string> {
  const { conditions, audience, exitWhen, steps, ...texts } = typedOf(draftOf(workflow));
  return {
    ...{ act: 'save', version: String(workflow.version), ...texts },
    ...rowsOf('', conditions),
    ...rowsOf('audience-', audience),
    ...rowsOf('exit-', exitWhen),
    ...Object.assign({}, ...steps.map(stepFields)),
  };
}

function stepFields(step: TypedStep, index: number): Record<string, string> {
  const { kind, id, ...rest } = step;
  const prefix = `step-${index}`;
  const texts = step.kind === 'send' ? step.email : rest;
  return {
    ...{ [prefix]: kind, [`${prefix}-id`]: id },
    ...Object.fromEntries(
      Object.entries(texts).map(([name, value]) => [`${prefix}-${name}`, String(value)]),
    ),
    ...(step.kind === 'send' ? rowsOf(`${prefix}-only-`, step.onlyIf) : {}),
  };
}

function rowsOf(prefix: string, rows: readonly TypedCondition[]): Record<string, string> {
  const fields = rows.flatMap((row, index) =>
    Object.entries(row).map(([name, value]) => [`${prefix}${name}-${index}`, value]),
  );
  return Object.fromEntries(fields);
}

/** Of the only email of a workflow. */
export function emailFields(email: Partial<TypedEmail>): Record<string, string> {
  const fields = Object.entries(email).map(([name, value]) => [`step-0-${name}`, value]);
  return { 'step-0': 'send', 'step-0-id': 'email', ...Object.fromEntries(fields) };
}
