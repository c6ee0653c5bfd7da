import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Dynamo, startDynamo as startEmulator } from '#infra/local/emulators/dynamo.ts';
import { localClientConfig } from '#infra/local/local-account.ts';

/** What an SDK client needs to talk to an emulator, and never to AWS. */
export const clientConfig = localClientConfig;

/** Outside of any module: the modules of a worker may be reset, its emulator is not. */
declare global {
  var dynamoOfThisWorker: Promise<Dynamo> | undefined;
}

/**
 * The in-memory DynamoDB of this process, which ends with it. It serves all test files of a worker, one after another,
 * so each of them names tables of its own.
 */
export async function startDynamo() {
  globalThis.dynamoOfThisWorker ??= startEmulator();
  const { endpoint } = await globalThis.dynamoOfThisWorker;
  const config = clientConfig(endpoint);
  const client = new DynamoDBClient(config);
  return {
    endpoint,
    config,
    client,
    stop: async () => client.destroy(),
  };
}
