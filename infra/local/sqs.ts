import { buildApp } from 'fauxqs';
// The package starts its persistent server on all interfaces only, so its parts are put together here.
import { PersistenceManager } from '../../node_modules/fauxqs/dist/persistence.js';
import { S3Store } from '../../node_modules/fauxqs/dist/s3/s3Store.js';
import { SnsStore } from '../../node_modules/fauxqs/dist/sns/snsStore.js';
import { SqsStore } from '../../node_modules/fauxqs/dist/sqs/sqsStore.js';
import { isFromElsewhere, refusalOfElsewhere } from './from-elsewhere.ts';
import { localRegion } from './local-account.ts';
import { portAdvice } from './loopback-server.ts';

export type Sqs = Readonly<{ endpoint: string; stop: () => Promise<void> }>;

type Options = Readonly<{
  /** 0 or absent: any free port. */
  port?: number;
  /** Where messages survive a restart; absent: kept in memory only. */
  directory?: string;
}>;

/** The emulator has SNS and S3 as well, which take forms that any web page can send. */
const sqsProtocol = /^application\/x-amz-json-1\.0(;|$)/;

/** SQS on loopback, inside this process. Throws Advice if the port is taken. */
export async function startSqs({ port = 0, directory }: Options = {}): Promise<Sqs> {
  const stores = { sqsStore: new SqsStore(), snsStore: new SnsStore(), s3Store: new S3Store() };
  // Queue URLs on the host of the request: its own names would not be this machine to everyone.
  stores.sqsStore.host = '';
  const app = buildApp({ logger: false, defaultRegion: localRegion, stores });
  app.addHook('onRequest', async ({ headers, method, url }, reply) => {
    const isSqs =
      method === 'POST' && url === '/' && sqsProtocol.test(headers['content-type'] ?? '');
    if (!isSqs || isFromElsewhere(headers)) return reply.code(403).send(refusalOfElsewhere);
  });
  if (directory !== undefined) {
    const persistence = keepMessages(stores.sqsStore, stores.snsStore, directory);
    app.addHook('onClose', () => persistence.close());
  }
  try {
    const endpoint = await app.listen({ host: '127.0.0.1', port });
    return { endpoint, stop: async () => app.close() };
  } catch (error) {
    await app.close();
    throw portAdvice(error, port, 'the local SQS');
  }
}

function keepMessages(sqs: SqsStore, sns: SnsStore, directory: string): PersistenceManager {
  const persistence = new PersistenceManager(directory);
  // Loading comes first: a store that persists while it is loaded would delete what it reads.
  persistence.loadSqsAndSns(sqs, sns);
  sqs.persistence = persistence;
  for (const queue of sqs.allQueues()) queue.persistence = persistence;
  return persistence;
}
