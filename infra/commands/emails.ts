import { parseArgs } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import {
  type Deployment,
  findDeployment,
  type Target,
} from '#infra/commands/deployment/deployment.ts';
import { Advice } from '#infra/terminal/advice.ts';
import {
  commonHelp,
  commonOptions,
  readArguments,
  readVerb,
} from '#infra/terminal/command-line.ts';
import { person } from '#infra/terminal/person.ts';
import { emailSchema, type MailMessage } from '#shared/audience/email.ts';
import { encodeMailMessage } from '#shared/queue/mail-queue.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import {
  canBeMarkedSent,
  canBeSentAgain,
  dynamoEmailAdmin,
  type EmailAdmin,
  type EmailFilter,
  type ReportedEmail,
  type Settled,
  settleEmail,
} from '#shared/store/mail/emails.ts';
import { emailLines, emailListLines } from './words.ts';

export type EmailParts = Readonly<{
  emails: EmailAdmin;
  /** Puts a message into the mail queue. */
  queue: (message: MailMessage) => Promise<unknown>;
  deployment: Pick<Deployment, 'options'>;
  /** Who runs the command. */
  person: string;
  print: (line: string) => void;
}>;

/** What `npm run emails` does, one function for each verb. All throw Advice about what cannot be done. */
export function emailVerbs({ emails, queue, deployment, person, print }: EmailParts) {
  const settle = settleEmail(emails, queue);
  const npm = (command: string) => `  npm run emails -- ${command}${deployment.options}`;
  const waysOut = ({ state, ledgerKey }: Pick<ReportedEmail, 'state' | 'ledgerKey'>) => [
    ...(canBeMarkedSent.includes(state) ? [npm(`mark-sent ${ledgerKey}`)] : []),
    ...(canBeSentAgain.includes(state) ? [npm(`send-again ${ledgerKey}`)] : []),
  ];

  async function known(ledgerKey: string): Promise<ReportedEmail> {
    const email = await emails.find(ledgerKey);
    if (email) return email;
    throw new Advice(
      `The ledger has no email ${ledgerKey}. Its keys have 43 characters; "list" shows them.`,
    );
  }

  return {
    async list(filter: EmailFilter, limit: number) {
      const found = await emails.list(filter, limit);
      if (found.length === 0) return print('There are no such emails.');
      print(emailListLines(found).join('\n'));
      if (found.length === limit) print(`\nThese are the newest ${limit}; --limit shows more.`);
      const unknown = found.find(({ state }) => state === 'unknown');
      if (unknown) print(`\nUnknown ones wait for a person:\n${npm(`show ${unknown.ledgerKey}`)}`);
    },

    async show(ledgerKey: string) {
      const email = await known(ledgerKey);
      const ways = waysOut(email);
      print(emailLines(email).join('\n'));
      if (ways.length > 0) print(`\nNext:\n${ways.join('\n')}`);
    },

    async markSent(ledgerKey: string) {
      settledOrAdvice(await settle.markSent(ledgerKey, person));
      print('The email counts as sent now. It will not be sent again.');
    },

    async sendAgain(ledgerKey: string) {
      settledOrAdvice(await settle.sendAgain(ledgerKey, person));
      print('It is queued again, and goes out unless something still speaks against it.');
      print(`To see what became of it:\n${npm(`show ${ledgerKey}`)}`);
    },
  };
}

function settledOrAdvice(settled: Settled): void {
  if (settled.kind === 'refused') throw new Advice(settled.reason);
  if (settled.kind === 'not-queued') {
    throw new Advice(`${settled.reason} Run the same command again.`, { cause: settled.cause });
  }
}

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
