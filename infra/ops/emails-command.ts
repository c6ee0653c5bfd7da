import { parseArgs } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Advice } from '#infra/local/advice.ts';
import { emailSchema } from '#shared/audience/email.ts';
import { documentClient } from '#shared/aws/document-client.ts';
import { dynamoEmailAdmin, type EmailFilter } from '#shared/aws/dynamo-email-admin.ts';
import { encodeMailMessage, type MailMessage } from '#shared/aws/mail-message.ts';
import { commonHelp, commonOptions, readArguments, readVerb } from './command-line.ts';
import { findDeployment, type Target } from './deployment.ts';
import { emailVerbs } from './email-verbs.ts';
import { person } from './person.ts';

const states = emailSchema.shape.state.options;

export const emailsHelp = `Shows the emails of the ledger, and settles those that need a person.

  npm run emails -- list                    the newest first
      --state <state>                       only ${states.slice(0, 3).join(', ')},
                                            ${states.slice(3).join(', ')}
      --workflow <id>                       only those of one workflow
      --limit <n>                           so many, instead of 50
  npm run emails -- show <ledger key>
  npm run emails -- mark-sent <ledger key>  an unknown one did go out
  npm run emails -- send-again <ledger key> an unknown, blocked or failed one has to be sent

${commonHelp}`;

const key = 'ledger key';
const verbs = { list: [], show: [key], 'mark-sent': [key], 'send-again': [key] };

type EmailsOptions = Readonly<{
  target: Target;
  verb: keyof typeof verbs;
  ledgerKey: string;
  filter: EmailFilter;
  limit: number;
}>;

/** Reads the command line; undefined: help is wanted. Throws Advice about what cannot be understood. */
export function emailsOptions(args: readonly string[]): EmailsOptions | undefined {
  const text = { type: 'string' } as const;
  const options = { ...commonOptions, state: text, workflow: text, limit: text };
  const { values, positionals } = readArguments('emails', () =>
    parseArgs({
      args: args.filter((arg) => !looksLikeOption(arg)),
      allowPositionals: true,
      options,
    }),
  );
  if (values.help || args.length === 0) return undefined;
  const keys = args.filter(looksLikeOption);
  const { verb, words } = readVerb('emails', verbs, [...positionals, ...keys]);
  return {
    target: values,
    verb,
    ledgerKey: words[0] ?? '',
    filter: { workflowId: values.workflow, state: stateNamed(values.state) },
    limit: limitFrom(values.limit),
  };
}

/** Some ledger keys begin with a hyphen. */
function looksLikeOption(arg: string): boolean {
  return /^-[\w-]{42}$/.test(arg);
}

function stateNamed(given: string | undefined): EmailFilter['state'] {
  const state = states.find((one) => one === given);
  if (given === undefined || state !== undefined) return state;
  throw new Advice(`--state is one of ${states.join(', ')}, not "${given}".`);
}

function limitFrom(given = '50'): number {
  const limit = Number(given);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 10_000) return limit;
  throw new Advice(`--limit must be a whole number from 1 to 10000, not "${given}".`);
}

/** `npm run emails`. */
export async function emailsCommand(
  args: readonly string[],
  print: (line: string) => void,
): Promise<void> {
  const options = emailsOptions(args);
  if (!options) return print(emailsHelp);
  const deployment = await findDeployment(options.target, print);
  const { clientConfigs, emailsTable, mailQueueUrl } = deployment;
  const db = documentClient(new DynamoDBClient(clientConfigs.dynamodb));
  const sqs = new SQSClient(clientConfigs.sqs);
  const does = emailVerbs({
    emails: dynamoEmailAdmin(db, emailsTable, () => new Date()),
    queue: (message: MailMessage) =>
      sqs.send(new SendMessageCommand({ QueueUrl: mailQueueUrl, ...encodeMailMessage(message) })),
    deployment,
    person: person(),
    print,
  });
  const { verb, ledgerKey, filter, limit } = options;
  switch (verb) {
    case 'list':
      return does.list(filter, limit);
    case 'show':
      return does.show(ledgerKey);
    case 'mark-sent':
      return does.markSent(ledgerKey);
    case 'send-again':
      return does.sendAgain(ledgerKey);
  }
}
