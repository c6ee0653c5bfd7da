import type { Deployment } from '#infra/commands/deployment/deployment.ts';
import { runListLines, runsDocument } from '#infra/commands/run-words.ts';
import { switchOffLines } from '#infra/commands/words.ts';
import { actedOn } from '#infra/terminal/acted.ts';
import { Advice } from '#infra/terminal/advice.ts';
import type { EditedFile } from '#infra/terminal/editor.ts';
import type { Output } from '#infra/terminal/output.ts';
import { alsoMailing, alsoMailingText } from '#shared/audience/also-mailing.ts';
import type { RunNow } from '#shared/audience/runs/outlook.ts';
import { stoppedBy, stoppedText, type WaitingAt } from '#shared/audience/runs/steps-gone.ts';
import type { Brand } from '#shared/audience/settings/brand.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import {
  firstSend,
  needsRun,
  type SendStep,
  sendsOf,
  type Workflow,
  type Workflows,
} from '#shared/audience/workflow.ts';
import { type PolarMails, triggerWarning } from '#shared/mail/check/check-workflow.ts';
import { overlapsOf } from '#shared/mail/moments.ts';
import { readyMade } from '#shared/mail/ready-made/ready-made.ts';
import { readySequences } from '#shared/mail/ready-made/sequences.ts';
import { sendersOf } from '#shared/mail/sender.ts';
import type { OutgoingMail } from '#shared/mail/ses.ts';
import { type Saving, workflowDrafts } from '#shared/mail/workflow-drafts.ts';
import type { Connection } from '#shared/polar/connection/connection.ts';
import { firstToSwitch } from '#shared/polar/connection/switch-emails.ts';
import type { RunCounts } from '#shared/store/runs/run-lists.ts';
import type { PastEvents } from './files/past-events.ts';
import { fileVerbs } from './files/verbs.ts';
import { inOrder, oneNamed } from './short-ids.ts';
import { testMail } from './test-mail.ts';
import {
  calledInFull,
  listLines,
  readyMadeLines,
  warningLines,
  workflowDocument,
  workflowLines,
} from './text.ts';
import { versionVerbs } from './version-verbs.ts';

const templates = [...readyMade, ...readySequences];

export type WorkflowParts = Readonly<{
  workflows: Workflows;
  /** The newest runs of a workflow, and how many there are at each step. */
  runs: (
    workflow: Workflow,
    limit: number,
  ) => Promise<Readonly<{ newest: readonly RunNow[]; counts: RunCounts }>>;
  /** Counts people at a step. */
  waitingAt: WaitingAt;
  settings: () => Promise<Settings>;
  /** Polar's own mails as they were last seen; nothing where Polar is not connected. */
  brand: () => Promise<Brand>;
  polar: () => Promise<(PolarMails & Pick<Connection, 'method' | 'emailsSwitchedOff'>) | undefined>;
  /** Whether the access covers switching those; `undefined`: only Polar knows. */
  maySwitchEmails: () => Promise<boolean | undefined>;
  deployment: Pick<
    Deployment,
    'title' | 'mailFrom' | 'mailIdentities' | 'unsubscribeUrl' | 'options'
  >;
  /** Sends a test. Gives SES's message id. */
  send: (mail: OutgoingMail) => Promise<string>;
  /** Asks the person. */
  confirmed: (question: string) => Promise<boolean>;
  /** Puts a text where the person can edit it. */
  fileToEdit: (name: string, text: string) => Promise<EditedFile>;
  /** Records of events of these types, by which a change is judged. */
  pastEvents: (types: ReadonlySet<string>) => Promise<PastEvents>;
  now: () => Date;
  newTag: () => string;
}> &
  Output;

/** What `npm run workflows` does, one function for each verb. All throw Advice about what cannot be done. */
export function workflowVerbs(parts: WorkflowParts) {
  const { workflows, settings, deployment, print, document, now } = parts;
  const surroundings = async () => ({
    settings: await settings(),
    hasSender: deployment.mailFrom !== undefined,
    senders: sendersOf(deployment.mailFrom, deployment.mailIdentities),
    polar: await parts.polar(),
  });
  const drafts = workflowDrafts({ ...parts, surroundings });
  const npm = (command: string) => `  npm run ${command}${deployment.options}`;
  const setAddress = npm('brand -- set postalAddress "Example Shop, Street 1, City"');

  /** By its id, or by the beginning of it before the hyphen where only one begins so. */
  async function named(id: string): Promise<Workflow> {
    const workflow = await oneMeant(id);
    actedOn({ workflowId: workflow.workflowId });
    return workflow;
  }

  async function oneMeant(id: string): Promise<Workflow> {
    const exact = await workflows.find(id);
    if (exact) return exact;
    const all = inOrder(await workflows.all());
    const match = oneNamed(all, id);
    // Read again by itself: a scan may show an older version.
    const workflow = match && (await workflows.find(match.workflowId));
    if (workflow) return workflow;
    const ids = all.map(({ workflowId }) => workflowId);
    const which = ids.length > 0 ? `it is one of ${ids.join(', ')}` : 'there is none at all yet';
    throw new Advice(`There is no workflow ${id}: ${which}.`);
  }

  function report(saving: Saving, what: string, hint = ''): Extract<Saving, { kind: 'saved' }> {
    if (saving.kind === 'conflict') {
      throw new Advice('Someone else changed it at the same moment. Look at it, and try again.');
    }
    if (saving.kind === 'refused') throw new Advice(`${what}. ${saving.problems.join(' ')}${hint}`);
    warningLines(saving.workflow, saving.warnings, deployment.options).forEach(print);
    return saving;
  }

  const addressHint = async (workflow: Workflow) =>
    firstSend(workflow).email.kind === 'marketing' && !(await settings()).postalAddress
      ? `\n${setAddress}`
      : '';

  const ofWorkflows = (command: string) => npm(`workflows -- ${command}`);
  const versions = versionVerbs({ ...parts, drafts, named, npm: ofWorkflows });
  const { title } = deployment;
  const files = fileVerbs({ ...parts, drafts, surroundings, title, npm: ofWorkflows });

  return {
    history: (id: string | undefined) =>
      id === undefined ? versions.historyOfAll() : versions.history(id),
    restore: versions.restore,
    edit: versions.edit,
    files,

    async list() {
      const all = inOrder(await workflows.all());
      if (document) return document({ workflows: all.map(workflowDocument) });
      if (all.length > 0) return print([...listLines(all), ...nextOf(all)].join('\n'));
      print('There are no workflows yet. These are ready-made:\n');
      print(readyMadeLines(templates).join('\n'));
      print(`\nNext:\n${npm('workflows -- add welcome')}`);
    },

    async add(name: string) {
      const template = templates.find((one) => one.name === name);
      if (!template) {
        const table = readyMadeLines(templates).map((line) => `  ${line}`);
        const problem = name === '' ? 'Say which template.' : `There is no template ${name}.`;
        throw new Advice(`${problem} These are ready-made:\n\n${table.join('\n')}`);
      }
      const { workflow, obstacles } = report(await drafts.add(template), 'It cannot be saved');
      const { workflowId, name: savedAs } = workflow;
      actedOn({ workflowId });
      print(`Saved "${savedAs}" as a draft: ${workflowId}. ${template.description}`);
      if (obstacles.length > 0) {
        const hint = await addressHint(workflow);
        print(`\nBefore it can be activated: ${obstacles.join(' ')}${hint}`);
      }
      print(`\nNext:\n${npm(`workflows -- test ${workflowId} --to you@example.com`)}`);
      print(npm(`workflows -- activate ${workflowId}`));
    },

    async show(id: string, version?: number) {
      const workflow =
        version === undefined ? await named(id) : await versions.versionOf(id, version);
      const beside = await mailingBeside(workflow);
      if (document) {
        const ids = beside.map(({ workflowId }) => workflowId);
        return document({ ...workflowDocument(workflow), alsoMailing: ids });
      }
      print(workflowLines(workflow).join('\n'));
      for (const one of beside) print(`\nNote: ${alsoMailingText(one, calledInFull(one))}`);
    },

    async runs(id: string, limit: number) {
      const workflow = await named(id);
      const { workflowId } = workflow;
      const { newest, counts } = await parts.runs(workflow, limit);
      if (document) return document(runsDocument(workflow, newest, counts));
      const [first] = newest;
      if (!first) {
        const why = needsRun(workflow)
          ? 'No event has begun one yet.'
          : 'It sends one email immediately and needs no runs.';
        return print(`${workflowId} has no runs. ${why}`);
      }
      print(runListLines(workflow, newest, counts).join('\n'));
      if (newest.length === limit) print(`\nThese are the newest ${limit}; --limit shows more.`);
      print(`\nNext:\n${npm(`runs -- show ${first.run.runId}`)}`);
    },

    async activate(id: string) {
      const workflow = await named(id);
      const { workflowId, status } = workflow;
      if (status === 'active') return print(`${workflowId} is active already.`);
      // Read before, so that nothing fails between the activation and what is said of it.
      const [polar, beside, hint] = await Promise.all([
        parts.polar(),
        mailingBeside(workflow),
        addressHint(workflow),
      ]);
      report(await drafts.activate(workflow), `${workflowId} cannot be activated`, hint);
      for (const one of beside) print(`Note: ${alsoMailingText(one, calledInFull(one))}`);
      print(`${workflowId} is active: events received 30 seconds from now or later send it.`);
      const keys = switchedOnBeside(workflow, polar);
      if (polar && keys.length > 0) {
        const first = firstToSwitch(polar, await parts.maySwitchEmails());
        print('');
        switchOffLines(keys, first, deployment.options).forEach(print);
        print(`Or pause this one:\n${npm(`workflows -- pause ${workflowId}`)}`);
      }
      if (beside.length > 0) {
        print('\nKeep one of them active. To pause one:');
        for (const one of [...beside, workflow]) print(npm(`workflows -- pause ${one.workflowId}`));
      }
    },

    async pause(id: string) {
      const workflow = await named(id);
      const { workflowId, status } = workflow;
      if (status !== 'active') return print(`${workflowId} is ${status}: it sends nothing.`);
      report(await drafts.pause(workflow), `${workflowId} cannot be paused`);
      print(`${workflowId} is paused. Emails of it that are still queued will be blocked.`);
    },

    async remove(id: string, isSure: boolean) {
      const seen = await named(id);
      const { workflowId, name, status } = seen;
      const waiting = await stoppedBy(seen, [], parts.waitingAt);
      if (waiting.length > 0) {
        print(
          `People wait in it: ${waiting.map(stoppedText).join(', ')}. Those whose wait ends while it's gone get nothing more of it. To keep their place, pause it instead:`,
        );
        print(npm(`workflows -- pause ${workflowId}`));
      }
      const question = `Remove ${workflowId} ("${name}", ${status})?`;
      if (!isSure && !(await parts.confirmed(question))) return print('Nothing was removed.');
      if (!(await workflows.remove(seen))) {
        throw new Advice(
          `Someone else changed ${workflowId} meanwhile, so it was not removed. Look at it as it is now ("show"), and remove it again.`,
        );
      }
      print(`${workflowId} is removed. The ledger keeps the emails that it sent.`);
      print(`To bring it back:\n${npm(`workflows -- restore ${workflowId} ${seen.version}`)}`);
    },

    async test(id: string, to: string, stepId?: string) {
      const workflow = await named(id);
      const step = stepId === undefined ? firstSend(workflow) : sendNamed(workflow, stepId);
      const mail = testMail({
        workflow,
        step,
        to,
        settings: await settings(),
        brand: await parts.brand(),
        portal: await parts.polar(),
        deployment,
        now: now(),
      });
      const messageId = await parts.send(mail);
      print(`Sent to ${to}: ${mail.subject}`);
      print(`From ${mail.from}, SES message ${messageId}`);
    },
  };

  /** Nobody, where the settings keep it from sending. */
  async function mailingBeside(workflow: Workflow) {
    if (triggerWarning(workflow.trigger.event, await settings())) return [];
    return alsoMailing(workflow.workflowId, workflow, await workflows.all());
  }

  function sendNamed(workflow: Workflow, stepId: string): SendStep {
    const sends = sendsOf(workflow);
    const step = sends.find(({ id }) => id === stepId);
    if (step) return step;
    const ids = sends.map(({ id }) => id).join(', ');
    throw new Advice(
      `${workflow.workflowId} sends no email at step ${stepId}. It sends at: ${ids}.`,
    );
  }

  function nextOf(all: readonly Workflow[]): string[] {
    const draft = all.find(({ status }) => status === 'draft');
    return draft ? ['', 'Next:', npm(`workflows -- activate ${draft.workflowId}`)] : [];
  }
}

/** The switches of the mails that Polar sends at the same moments. */
function switchedOnBeside(workflow: Workflow, polar: PolarMails | undefined): string[] {
  const overlaps = polar ? overlapsOf(workflow, polar.emails?.switches) : [];
  return overlaps.filter((one) => one.polar === 'on').map(({ key }) => key);
}
