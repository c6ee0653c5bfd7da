import { randomBytes } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { Advice } from '#infra/terminal/advice.ts';
import { localActor } from '#shared/actor.ts';
import type { ActDraft } from '#shared/audience/operator-act.ts';
import { brandDocument, readBrand } from '#shared/audience/settings/brand.ts';
import { reasonOf } from '#shared/failure.ts';
import { type ReadyMade, readyMade } from '#shared/mail/ready-made/ready-made.ts';
import type { ReadySequence } from '#shared/mail/ready-made/sequences.ts';
import { type Saving, type WorkflowDrafts, workflowDrafts } from '#shared/mail/workflow-drafts.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoWorkflowVersions } from '#shared/store/mail/workflow-versions.ts';
import type { OperatorLog } from '#shared/store/operator-log.ts';
import { brandItem, dynamoBrand, mailSettings } from '#shared/store/settings/brand.ts';
import { keptBrand, replaceDocument } from '#shared/store/settings/kept-versions.ts';
import { dynamoSettings } from '#shared/store/settings/settings.ts';
import type { Resources } from '../local-stack.ts';

const shown = ['welcome', 'receipt'];
const postalAddress = 'Example Shop, 1 Example Street, Exampleton';

/**
 * Saves what a purchase needs to send mail: a postal address in the brand, and an active welcome and
 * receipt. What is there already stays as it is.
 */
export async function saveDemoWorkflows(
  {
    tables: { Settings = '', Workflows = '' },
    clientConfigs,
  }: Pick<Resources, 'tables' | 'clientConfigs'>,
  now: () => Date = () => new Date(),
): Promise<void> {
  const client = new DynamoDBClient(clientConfigs.dynamodb);
  const db = documentClient(client);
  const settings = mailSettings(dynamoSettings(db, Settings), dynamoBrand(db, Settings));
  if (!(await settings()).postalAddress) {
    const seen = await brandItem(db, Settings)();
    const next = brandDocument({ ...readBrand(seen).brand, postalAddress });
    const saved = { at: now(), by: 'the demo' };
    await replaceDocument(db, Settings, keptBrand, { seen, next }, saved);
  }
  const { workflows, drafts } = localDrafts(db, { Settings, Workflows }, now);
  const active = (await workflows.all()).filter(({ status }) => status === 'active');
  for (const template of readyMade.filter(({ name }) => shown.includes(name))) {
    if (active.some(({ workflowId }) => workflowId.startsWith(`${template.name}-`))) continue;
    await addActive(template, drafts);
  }
  client.destroy();
}

/** The workflows of a local stack, and what makes further ones. */
export function localDrafts(
  db: DynamoDBDocumentClient,
  { Settings, Workflows }: Readonly<{ Settings: string; Workflows: string }>,
  now: () => Date = () => new Date(),
) {
  const workflows = dynamoWorkflowVersions(db, { workflows: Workflows, settings: Settings });
  const settings = mailSettings(dynamoSettings(db, Settings), dynamoBrand(db, Settings));
  const drafts = workflowDrafts({
    workflows,
    surroundings: async () => ({ settings: await settings(), hasSender: true }),
    now,
    newTag: () => randomBytes(2).toString('hex'),
  });
  return { workflows, drafts };
}

/** Throws Advice where it cannot be active. With `acts`, the operator log says so, as of the commands that do it. */
export async function addActive(
  template: ReadyMade | ReadySequence,
  drafts: WorkflowDrafts,
  acts?: OperatorLog,
): Promise<void> {
  const add = { what: 'workflow.add', sentence: 'Add a workflow as a draft.' } as const;
  const activate = { what: 'workflow.activate', sentence: 'Activate a workflow.' } as const;
  const on = { template: template.name };
  const draft = await noted({ ...add, on }, acts, async () => saved(await drafts.add(template)));
  const { workflowId } = draft;
  await noted({ ...activate, on: { workflowId } }, acts, async () =>
    saved(await drafts.activate(draft)),
  );
}

async function noted<T>(
  draft: ActDraft,
  acts: OperatorLog | undefined,
  act: () => Promise<T>,
): Promise<T> {
  const begun = await acts?.begin(draft, { by: localActor, via: 'command' });
  try {
    const done = await act();
    if (begun) await acts?.end(begun, { outcome: 'done' });
    return done;
  } catch (error) {
    const outcome = error instanceof Advice ? 'refused' : 'failed';
    if (begun) await acts?.end(begun, { outcome, reason: reasonOf(error) });
    throw error;
  }
}

function saved(saving: Saving) {
  if (saving.kind === 'saved') return saving.workflow;
  const why = saving.kind === 'refused' ? saving.problems.join(' ') : 'Someone else changed it.';
  throw new Advice(`The workflow could not be activated. ${why}`);
}
