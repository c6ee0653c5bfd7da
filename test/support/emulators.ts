import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { startDynamo as startEmulator } from '#infra/local/emulators/dynamo.ts';
import { localClientConfig } from '#infra/local/local-account.ts';

/** What an SDK client needs to talk to an emulator, and never to AWS. */
export const clientConfig = localClientConfig;

/** An empty in-memory DynamoDB on a free port. It also ends with this process. */
export async function startDynamo() {
  const { endpoint, stop } = await startEmulator();
  const config = clientConfig(endpoint);
  const client = new DynamoDBClient(config);
  return {
    endpoint,
    config,
    client,
    stop: async () => {
      client.destroy();
      await stop();
    },
  };
}
