import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { rehearseReplay } from '#shared/audience/rehearse-replay.ts';
import type { Replay } from '#shared/audience/replay.ts';
import { addressHash } from '#shared/aws/address-hash.ts';
import { documentClient } from '#shared/aws/document-client.ts';
import { dynamoAudienceStore } from '#shared/aws/dynamo-audience-store.ts';
import { dynamoEmailAdmin } from '#shared/aws/dynamo-email-admin.ts';
import { dynamoWorkflows } from '#shared/aws/dynamo-workflows.ts';
import { secretText } from '#shared/aws/secret.ts';
import type { SendToWorker } from '#shared/aws/worker-message.ts';
import { confirmed } from './confirmation.ts';
import { type Deployment, findDeployment } from './deployment.ts';
import { interruption } from './interruption.ts';
import { addressShown } from './masked-address.ts';
import { person } from './person.ts';
import { progressLine } from './progress-line.ts';
import { recordedEvents } from './replay-events.ts';
import { replayHelp, replayOptions } from './replay-options.ts';
import { rehearseReplays } from './replay-rehearsal.ts';
import { runReplays } from './replay-run.ts';
import { readSettings } from './settings-document.ts';
import { type StackResources, stackResources } from './stack-resources.ts';

const patienceMs = 60_000;

/** `npm run replay`. */
export async function replayCommand(
  args: readonly string[],
  write: (line: string) => void,
): Promise<void> {
  const now = () => new Date();
  const given = replayOptions(args, now());
  if (!given) return write(replayHelp);
  const { progress, clear } = progressLine(process.stderr);
  const print = (line: string) => {
    clear();
    write(line);
  };
  const deployment = await findDeployment(given.target, print);
  const resources = await stackResources(given.target, deployment);
  const db = documentClient(new DynamoDBClient(deployment.clientConfigs.dynamodb));
  const stop = interruption(print);
  const parts = {
    events: recordedEvents(db, resources.physicalId('Events')),
    by: person(),
    now,
    print,
    progress,
    isStopped: stop.isStopped,
    options: deployment.options,
  };
  try {
    if (given.dryRun) {
      const rehearse = await rehearsalOf(db, deployment, resources);
      const address = addressShown(given.reveal);
      return await rehearseReplays(given, { ...parts, rehearse, address });
    }
    await runReplays(given, {
      ...parts,
      send: sendTo(
        new SQSClient(deployment.clientConfigs.sqs),
        resources.physicalId('EventsQueue'),
      ),
      confirmed: (question) => stop.isOff(() => confirmed(question)),
      newRun: () => `${now().toISOString().slice(0, 10)}-${randomBytes(3).toString('hex')}`,
      sleep: (ms) => setTimeout(ms),
      patienceMs,
    });
  } finally {
    clear();
    stop.forget();
  }
}

function sendTo(sqs: SQSClient, QueueUrl: string): SendToWorker {
  return (message, DelaySeconds) =>
    sqs.send(new SendMessageCommand({ QueueUrl, DelaySeconds, ...message }));
}

/** Reads the settings and workflows once, so that all events are looked at by the same. */
async function rehearsalOf(
  db: DynamoDBDocumentClient,
  { settingsTable, workflowsTable, emailsTable, mailFrom }: Deployment,
  { physicalId, secretsManager }: StackResources,
) {
  const now = () => new Date();
  const readKey = secretText(
    new SecretsManagerClient(secretsManager),
    physicalId('SuppressionKey'),
  );
  const [settings, workflows, key] = await Promise.all([
    readSettings(db, settingsTable),
    dynamoWorkflows(db, workflowsTable).all(),
    readKey(),
  ]);
  const tables = {
    contacts: physicalId('Contacts'),
    customers: physicalId('Customers'),
    addresses: physicalId('Addresses'),
    suppressions: physicalId('Suppressions'),
    events: physicalId('Events'),
  };
  const hash = addressHash(key);
  const store = dynamoAudienceStore(db, tables, {
    addressHash: async () => hash,
    retentionDays: Number.NaN,
  });
  const emails = dynamoEmailAdmin(db, emailsTable, now);
  return (replay: Replay) =>
    rehearseReplay(replay, {
      store,
      surroundings: { settings, now: now(), newId: randomUUID },
      workflows,
      emailUnder: emails.find,
      hasSender: mailFrom !== undefined,
    });
}
