import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { localIdentities, readTemplate } from '#infra/local/assembly/template.ts';
import { createTables, startDynamo } from '#infra/local/emulators/dynamo.ts';
import {
  fillSecrets,
  secretStore,
  startSecretsManager,
  webhookSecret,
} from '#infra/local/emulators/secrets-manager.ts';
import { createQueues, startSqs } from '#infra/local/emulators/sqs.ts';
import { functionProcess } from '#infra/local/lambda/lambda-function.ts';
import { functionEnvironment } from '#infra/local/lambda/local-functions.ts';
import { localClientConfig } from '#infra/local/local-account.ts';
import { type ShippedFunction, shippedFunctions } from './shipped-bundles.ts';

/** A way to an emulator: itself, or something in between that watches. */
export type Way = (endpoint: string) => Promise<string>;

type OnOutput = Parameters<typeof functionProcess>[0]['onOutput'];

export type BenchAccount = Awaited<ReturnType<typeof startBenchAccount>>;

/**
 * The tables, queues and secrets of the stack on emulators, and for each function what it finds in its environment.
 * No function runs and nothing takes messages off the queues. `way` leads the functions to the emulators.
 */
export async function startBenchAccount(
  assembly: string,
  way: Way = async (itself) => itself,
  { file }: Readonly<{ /** Of DynamoDB, whose tables are full already. */ file?: string }> = {},
) {
  const template = await readTemplate(assembly);
  const [dynamo, sqs, secrets] = await Promise.all([
    startDynamo({ ...(file !== undefined && { file }) }),
    startSqs(),
    secretStore(),
  ]);
  const secretsManager = await startSecretsManager(secrets, 0);
  const endpoints = {
    dynamodb: await way(dynamo.endpoint),
    sqs: await way(sqs.endpoint),
    secretsManager: await way(secretsManager.address),
  };
  const addresses = { sqs: endpoints.sqs, http: 'http://127.0.0.1:9' };
  const identities = localIdentities(template, addresses);
  const clientConfigs = {
    dynamodb: localClientConfig(dynamo.endpoint),
    sqs: localClientConfig(sqs.endpoint),
    secretsManager: localClientConfig(secretsManager.address),
  };
  const db = new DynamoDBClient(clientConfigs.dynamodb);
  const queueClient = new SQSClient({
    ...clientConfigs.sqs,
    useQueueUrlAsEndpoint: false,
  });
  await createTables(db, identities);
  await createQueues(queueClient, identities);
  await fillSecrets(secrets, identities);
  const functions = await shippedFunctions({
    ...template,
    resources: new Map(
      identities.ofType('AWS::Lambda::Function').map((resource) => [resource.logicalId, resource]),
    ),
  });
  const functionNamed = (name: string): ShippedFunction => {
    const found = functions.find((one) => one.name === name);
    if (!found) throw new Error(`The stack has no function ${name}.`);
    return found;
  };
  const environmentOf = ({ resource }: ShippedFunction) =>
    functionEnvironment(resource, identities, endpoints);
  return {
    functions,
    functionNamed,
    environmentOf,
    /** A process that runs a function. Stop it before the account. `own` is what its environment has besides. */
    processOf(name: string, onOutput: OnOutput, own: Readonly<Record<string, string>> = {}) {
      const shipped = functionNamed(name);
      const { logicalId } = shipped.resource;
      return functionProcess({
        logicalId,
        arn: String(identities.resolve({ 'Fn::GetAtt': [logicalId, 'Arn'] })),
        bundle: shipped.bundle,
        timeoutSeconds: 120,
        environment: { ...environmentOf(shipped), ...own },
        onOutput,
      });
    },
    tableName: identities.nameOf,
    clientConfigs,
    queueUrl: (logicalId: string) => String(identities.resolve({ Ref: logicalId })),
    db,
    secret: await webhookSecret(secrets, identities.nameOf('WebhookSecret')),
    stop: async () => {
      db.destroy();
      queueClient.destroy();
      await secretsManager.stop();
      await sqs.stop();
      await dynamo.stop();
    },
  };
}
