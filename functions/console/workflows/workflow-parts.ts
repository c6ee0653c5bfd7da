import { stopRun } from '#shared/audience/runs/go-on.ts';
import { stopRuns } from '#shared/audience/runs/stop-runs.ts';
import type { Brand } from '#shared/audience/settings/brand.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import { needsRun, type Workflow } from '#shared/audience/workflow.ts';
import type { MailSurroundings } from '#shared/mail/check/check-workflow.ts';
import { sendersOf } from '#shared/mail/sender.ts';
import { sesClient, sesSender } from '#shared/mail/ses.ts';
import { workflowDrafts } from '#shared/mail/workflow-drafts.ts';
import type { Connection } from '#shared/polar/connection/connection.ts';
import { contactsOf, dynamoContactLookup } from '#shared/store/audience/contact-lookup.ts';
import { workflowsOfTwoWeeks } from '#shared/store/counts/counts.ts';
import { dynamoEventLog } from '#shared/store/events/event-log.ts';
import { dynamoWorkflowEmails } from '#shared/store/mail/workflow-emails.ts';
import { dynamoConnection } from '#shared/store/polar/connection.ts';
import type { OpenCount, OpenRuns } from '#shared/store/runs/open-runs.ts';
import type { RunPosition } from '#shared/store/runs/run-lists.ts';
import { maySwitchEmails } from '../kit/polar-sign-in.ts';
import { removedWorkflows } from '../kit/removed-workflows.ts';
import { stepInSentence } from '../kit/run-view.ts';
import type { ConsoleParts } from '../parts.ts';
import { previews } from './preview.ts';

const sesTimeoutMs = 10_000;

export type WorkflowParts = ReturnType<typeof workflowParts>;

/** What the pages about workflows work with. */
export function workflowParts(parts: ConsoleParts) {
  const { db, env, store, settings, brand, workflows, mailFrom, now, newTag } = parts;
  const senders = sendersOf(mailFrom, parts.mailIdentities);
  const connections = dynamoConnection(db, env.SETTINGS_TABLE);
  const surroundings = async (): Promise<
    MailSurroundings & Readonly<{ brand: Brand; settings: Settings; polar: Connection | undefined }>
  > => {
    const [known, brandNow, polar] = await Promise.all([settings(), brand(), connections.read()]);
    return {
      settings: known,
      brand: brandNow,
      hasSender: mailFrom !== undefined,
      senders,
      polar,
      stepName: stepInSentence,
    };
  };
  return {
    workflows,
    /** Those that were removed last, beside the ones that are there. */
    removed: removedWorkflows(workflows, () => now().getTime()),
    settings,
    mailFrom,
    senders,
    hold: parts.hold,
    now,
    newTag,
    surroundings,
    /** Whether the access to Polar covers switching its own mails: one read of a secret. */
    maySwitchEmails: () => maySwitchEmails(parts.polar.access, parts.log),
    unsubscribeUrl: env.UNSUBSCRIBE_URL,
    drafts: workflowDrafts({ workflows, surroundings, now, newTag }),
    waitingAt: (workflowId: string, stepId: string) => parts.waitingAt(workflowId, stepId),
    openRuns: parts.openRuns,
    /** How many people are at a wait of each of these that have one; of many workflows some queries each. */
    async waitingIn(listed: readonly Workflow[]): Promise<ReadonlyMap<string, OpenCount>> {
      const begunBy = now().toISOString();
      const counted = listed.filter(needsRun).map(async ({ workflowId }) => {
        return [workflowId, await parts.openRuns.newest({ workflowId, begunBy })] as const;
      });
      return new Map(await Promise.all(counted));
    },
    /** Stops some hundreds of them; `next`: where the rest begins. */
    async stopOpenRuns(open: OpenRuns, by: string, from?: RunPosition) {
      const { newId, pause } = parts;
      const means = {
        store,
        pause,
        surroundings: { settings: await settings(), now: now(), newId },
      };
      const pages = (after: RunPosition | undefined) => parts.openRuns.page(open, after);
      return stopRuns(pages, (runId) => stopRun(runId, by, means), from);
    },
    /** Its newest runs, and how many there are at each step; none where it needs none. */
    async runsOf(workflow: Workflow, limit: number) {
      const { workflowId } = workflow;
      const [newest, counts] = await Promise.all([
        parts.runs.ofWorkflow(workflowId, limit),
        parts.runCounts(workflowId),
      ]);
      return { newest: await parts.outlook(newest, [workflow]), counts };
    },
    /** What each did in the last two weeks: one read. */
    numbers: () => workflowsOfTwoWeeks(parts.counts, now()),
    emails: dynamoWorkflowEmails(db, env.EMAILS_TABLE),
    /** The addresses at which contacts show these customers. */
    async addressesOf(customerIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
      const contacts = await contactsOf(store, customerIds);
      return new Map([...contacts].map(([customerId, { address }]) => [customerId, address]));
    },
    preview: previews({
      events: dynamoEventLog(db, env.EVENTS_TABLE),
      counts: parts.counts,
      store,
      hasSender: mailFrom !== undefined,
      contactOf: dynamoContactLookup(db, env.CONTACTS_TABLE, store),
      unsubscribeUrl: env.UNSUBSCRIBE_URL,
      now,
    }),
    /** By our own configuration set: a default one of the identity would need a permission of its own. */
    send: sesSender(sesClient(sesTimeoutMs), env.CONFIGURATION_SET || undefined),
  };
}
