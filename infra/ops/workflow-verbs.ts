import { Advice } from '#infra/local/advice.ts';
import type { Settings } from '#shared/audience/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import type { Workflows } from '#shared/aws/dynamo-workflows.ts';
import type { OutgoingMail } from '#shared/aws/ses-sender.ts';
import { readyMade } from '#shared/mail/ready-made.ts';
import { sendersOf } from '#shared/mail/sender-domain.ts';
import { type Saving, workflowDrafts } from '#shared/mail/workflow-drafts.ts';
import type { Deployment } from './deployment.ts';
import { testMail } from './test-email.ts';
import { listLines, readyMadeLines, workflowLines } from './workflow-text.ts';

export type WorkflowParts = Readonly<{
  workflows: Workflows;
  settings: () => Promise<Settings>;
  deployment: Pick<Deployment, 'mailFrom' | 'mailIdentities' | 'unsubscribeUrl' | 'options'>;
  /** Sends a test. Gives SES's message id. */
  send: (mail: OutgoingMail) => Promise<string>;
  /** Asks the person. */
  confirmed: (question: string) => Promise<boolean>;
  print: (line: string) => void;
  now: () => Date;
  newTag: () => string;
}>;

/** What `npm run workflows` does, one function for each verb. All throw Advice about what cannot be done. */
export function workflowVerbs(parts: WorkflowParts) {
  const { workflows, settings, deployment, print, now } = parts;
  const drafts = workflowDrafts({
    ...parts,
    surroundings: async () => ({
      settings: await settings(),
      hasSender: deployment.mailFrom !== undefined,
      senders: sendersOf(deployment.mailFrom, deployment.mailIdentities),
    }),
  });
  const npm = (command: string) => `  npm run ${command}${deployment.options}`;
  const setAddress = npm('settings -- set postalAddress "Example Shop, Street 1, City"');

  /** By its id, or by the beginning of it before the hyphen where only one begins so. */
  async function named(id: string): Promise<Workflow> {
    const exact = await workflows.find(id);
    if (exact) return exact;
    const all = inOrder(await workflows.all());
    const [match, another] = all.filter((one) => beginsWith(one, id));
    if (match && another) {
      const ids = all.filter((one) => beginsWith(one, id)).map(({ workflowId }) => workflowId);
      throw new Advice(`Say which one: ${ids.join(', ')}.`);
    }
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
    for (const warning of saving.warnings) print(`Note: ${warning}`);
    return saving;
  }

  const addressHint = async ({ email }: Pick<Workflow, 'email'>) =>
    email.kind === 'marketing' && !(await settings()).postalAddress ? `\n${setAddress}` : '';

  return {
    async list() {
      const all = inOrder(await workflows.all());
      if (all.length > 0) return print([...listLines(all), ...nextOf(all)].join('\n'));
      print('There are no workflows yet. These are ready-made:\n');
      print(readyMadeLines(readyMade).join('\n'));
      print(`\nNext:\n${npm('workflows -- add welcome')}`);
    },

    async add(name: string) {
      const template = readyMade.find((one) => one.name === name);
      if (!template) {
        const table = readyMadeLines(readyMade).map((line) => `  ${line}`);
        const problem = name === '' ? 'Say which template.' : `There is no template ${name}.`;
        throw new Advice(`${problem} These are ready-made:\n\n${table.join('\n')}`);
      }
      const { workflow, obstacles } = report(await drafts.add(template), 'It cannot be saved');
      const { workflowId } = workflow;
      print(`Saved as a draft: ${workflowId}. ${template.description}`);
      if (obstacles.length > 0) {
        const hint = await addressHint(workflow);
        print(`\nBefore it can be activated: ${obstacles.join(' ')}${hint}`);
      }
      print(`\nNext:\n${npm(`workflows -- test ${workflowId} --to you@example.com`)}`);
      print(npm(`workflows -- activate ${workflowId}`));
    },

    async show(id: string) {
      print(workflowLines(await named(id)).join('\n'));
    },

    async activate(id: string) {
      const workflow = await named(id);
      const { workflowId, status } = workflow;
      if (status === 'active') return print(`${workflowId} is active already.`);
      const saving = await drafts.activate(workflow);
      report(saving, `${workflowId} cannot be activated`, await addressHint(workflow));
      print(`${workflowId} is active: events that come in from now on send it.`);
      print('It may take half a minute until the first one does.');
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
      const question = `Remove ${workflowId} ("${name}", ${status}) for good?`;
      if (!isSure && !(await parts.confirmed(question))) return print('Nothing was removed.');
      if (!(await workflows.remove(seen))) {
        throw new Advice(
          `Someone else changed ${workflowId} meanwhile, so it was not removed. Look at it as it is now ("show"), and remove it again.`,
        );
      }
      print(`${workflowId} is removed. The ledger keeps the emails that it sent.`);
    },

    async test(id: string, to: string) {
      const workflow = await named(id);
      const mail = testMail({
        workflow,
        to,
        settings: await settings(),
        deployment,
        now: now(),
      });
      const messageId = await parts.send(mail);
      print(`Sent to ${to}: ${mail.subject}`);
      print(`From ${mail.from}, SES message ${messageId}`);
    },
  };

  function nextOf(all: readonly Workflow[]): string[] {
    const draft = all.find(({ status }) => status === 'draft');
    return draft ? ['', 'Next:', npm(`workflows -- activate ${draft.workflowId}`)] : [];
  }
}

function inOrder(all: readonly Workflow[]): Workflow[] {
  return [...all].sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
}

function beginsWith({ workflowId }: Workflow, id: string): boolean {
  return workflowId.slice(0, workflowId.lastIndexOf('-')) === id;
}
