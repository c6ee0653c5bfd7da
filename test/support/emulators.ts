import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { startDynamo as startEmulator } from '#infra/local/dynamo.ts';

/** What an SDK client needs to talk to an emulator, and never to AWS. */
export function clientConfig(endpoint: string) {
  return {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
}

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
