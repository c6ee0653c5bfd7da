import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';
import type { LocalStack } from '#infra/local/local-stack.ts';
import type { Answer } from '#test/support/polar/passed-on.ts';

const sentSchema = z.object({
  EmailTags: z.array(z.object({ Name: z.string(), Value: z.string() })),
});

/** Counts what SES took, by ledger key. */
export function takenBySes() {
  const counts = new Map<string, number>();
  return {
    counts,
    onAnswer({ operation, body, answer }: { operation: string; body: Buffer; answer: Answer }) {
      if (operation !== 'POST /v2/email/outbound-emails' || answer.status !== 200) return;
      const { EmailTags } = sentSchema.parse(JSON.parse(String(body)));
      const key = EmailTags.find(({ Name }) => Name === 'ledgerKey')?.Value ?? '';
      counts.set(key, (counts.get(key) ?? 0) + 1);
    },
  };
}

/** The emails that event records ask for, and the state of each in the ledger. */
export async function ledger({ tables, clientConfigs }: LocalStack) {
  const client = new DynamoDBClient(clientConfigs.dynamodb);
  const rows = async (TableName: string | undefined) => {
    const found: unknown[] = [];
    for await (const { Items = [] } of paginateScan({ client }, { TableName })) {
      found.push(...Items.map((item) => unmarshall(item)));
    }
    return found;
  };
  const records = z.array(recordSchema).parse(await rows(tables['Events']));
  const emails = z.array(emailSchema).parse(await rows(tables['Emails']));
  client.destroy();
  const asked = records.flatMap(({ workflows }) =>
    workflows.flatMap(({ ledgerKey }) => (ledgerKey === undefined ? [] : [ledgerKey])),
  );
  return {
    asked: new Set(asked),
    states: new Map(emails.map(({ ledgerKey, state }) => [ledgerKey, state])),
  };
}

const recordSchema = z.object({
  workflows: z.array(z.object({ ledgerKey: z.string().optional() })).default([]),
});
const emailSchema = z.object({ ledgerKey: z.string(), state: z.string() });

type Ledger = Awaited<ReturnType<typeof ledger>>;

/** Those that have no end yet: nobody knows them, or they are under way. What SES alone knows (`unknown`) has one. */
export function unsettled({ asked, states }: Ledger): string[] {
  const underWay = ['reserved', 'waiting', undefined];
  return [...asked].filter((key) => underWay.includes(states.get(key)));
}

/** What does not hold, in words. */
export function mailFailures(
  ledger: Ledger,
  taken: ReadonlyMap<string, number>,
  dead: ReadonlySet<string>,
): string[] {
  const { asked, states } = ledger;
  const twice = [...taken].filter(([, count]) => count > 1);
  const stuck = unsettled(ledger).filter((key) => !dead.has(key));
  const failed = [...asked].filter((key) => states.get(key) === 'failed');
  const invented = [...states].filter(([key, state]) => state === 'sent' && !taken.has(key));
  const denied = [...taken.keys()].filter(
    (key) => !['sent', 'unknown'].includes(states.get(key) ?? ''),
  );
  return [
    ...twice.map(([key, count]) => `SES took the email ${key} ${count} times.`),
    ...stuck.map((key) => `The email ${key} was asked for and is ${states.get(key) ?? 'lost'}.`),
    ...failed.map((key) => `The email ${key} failed, though SES refuses none for good.`),
    ...invented.map(([key]) => `The ledger says that ${key} was sent, and SES did not take it.`),
    ...denied.map((key) => `SES took the email ${key}, and the ledger says ${states.get(key)}.`),
  ];
}
