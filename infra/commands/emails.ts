import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import {
  type Deployment,
  findDeployment,
  stackResources,
  type Target,
} from '#infra/commands/deployment/deployment.ts';
import { deployedAudience } from '#infra/commands/deployment/parts.ts';
import { Advice } from '#infra/terminal/advice.ts';
import {
  type Act,
  jsonOption,
  limitOption,
  oneOf,
  parsed,
  type StackCommand,
  text,
} from '#infra/terminal/command-line.ts';
import { type Output, outputFor } from '#infra/terminal/output.ts';
import { person } from '#infra/terminal/person.ts';
import { emailSchema, type MailMessage } from '#shared/audience/email.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { cached } from '#shared/in-time.ts';
import { encodeMailMessage } from '#shared/queue/mail-queue.ts';
import { type KeptCustomer, keptCustomers } from '#shared/store/audience/contact-lookup.ts';
import { documentClient, keysAtOnce } from '#shared/store/dynamo.ts';
import { countHeld } from '#shared/store/mail/due-emails.ts';
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
import { dynamoHold, type HoldStore } from '#shared/store/mail/hold.ts';
import { dynamoWorkflows } from '#shared/store/mail/workflows.ts';
import { oneLine } from '#shared/text.ts';
import { commandActs } from './command-acts.ts';
import { noting } from './noting.ts';
import {
  addressedDocument,
  emailDocument,
  emailLines,
  emailListLines,
  type Recipient,
  recipientOf,
} from './words.ts';
import { oneNamed } from './workflows/short-ids.ts';

export type EmailParts = Readonly<{
  emails: EmailAdmin;
  workflows: () => Promise<Workflow[]>;
  /** Those of these customers who are known, with the contact that shows each; at most `keysAtOnce` at a time. */
  customers: (customerIds: readonly string[]) => Promise<readonly KeptCustomer[]>;
  hold: HoldStore;
  /** About how many emails are held. */
  countHeld: () => Promise<number>;
  now: () => Date;
  /** Puts a message into the mail queue. */
  queue: (message: MailMessage) => Promise<unknown>;
  deployment: Pick<Deployment, 'options'>;
  /** Who runs the command. */
  person: string;
}> &
  Output;

/** What `npm run emails` does, one function for each verb. All throw Advice about what cannot be done. */
export function emailVerbs({
  emails,
  workflows,
  customers,
  hold,
  countHeld,
  now,
  queue,
  deployment,
  person,
  print,
  document,
}: EmailParts) {
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

  /** The ledger keeps emails of workflows that are gone, so an id that none has is taken as it is. */
  async function meant(filter: EmailFilter): Promise<EmailFilter> {
    const { workflowId } = filter;
    if (workflowId === undefined) return filter;
    const workflow = oneNamed(await workflows(), workflowId);
    return { ...filter, workflowId: workflow?.workflowId ?? workflowId };
  }

  /** To whom each is. The ledger names no address, so this is the one that the contact has now. */
  async function addressed(
    found: readonly ReportedEmail[],
  ): Promise<(ReportedEmail & Recipient)[]> {
    const ids = [...new Set(found.map(({ customerId }) => customerId))];
    const known = new Map<string, KeptCustomer>();
    for (let start = 0; start < ids.length; start += keysAtOnce) {
      for (const one of await customers(ids.slice(start, start + keysAtOnce))) {
        known.set(one.customer.customerId, one);
      }
    }
    return found.map((email) => ({ ...email, ...recipientOf(known.get(email.customerId)) }));
  }

  return {
    async list(filter: EmailFilter, limit: number) {
      const found = await addressed(await emails.list(await meant(filter), limit));
      if (document) return document({ emails: found.map(addressedDocument) });
      if (found.length === 0) return print('There are no such emails.');
      print(emailListLines(found).join('\n'));
      if (found.length === limit) print(`\nThese are the newest ${limit}; --limit shows more.`);
      const unknown = found.find(({ state }) => state === 'unknown');
      if (unknown) print(`\nUnknown ones wait for a person:\n${npm(`show ${unknown.ledgerKey}`)}`);
    },

    async show(ledgerKey: string) {
      const email = await known(ledgerKey);
      if (document) return document(emailDocument(email));
      const ways = waysOut(email);
      print(emailLines(email).join('\n'));
      if (ways.length > 0) print(`\nNext:\n${ways.join('\n')}`);
    },

    async markSent(ledgerKey: string) {
      settledOrAdvice(await settle.markSent(ledgerKey, person));
      print('The email counts as sent now. It will not be sent again.');
    },

    async hold(why: string) {
      const reason = oneLine(why);
      if (!(await hold.hold(reason, person, now().toISOString()))) {
        const held = await hold.read();
        throw new Advice(
          `All mail is held already, by ${held?.by} since ${held?.at}: ${held?.reason}. Nothing was changed.`,
        );
      }
      print('All mail is held. It takes up to two seconds to apply.');
      print(
        'Events are still recorded; their emails wait. Tests that you send yourself still go out.',
      );
      print(`To let them go out:\n${npm('release')}`);
    },

    async release() {
      if (!(await hold.release(person, now().toISOString()))) {
        throw new Advice('Mail is not held. Nothing was changed.');
      }
      const count = await countHeld();
      print(
        `Mail goes out again. ${count === 1 ? '1 email was' : `${count} emails were`} put aside; from the next minute on each is judged and sent once.`,
      );
      print('Those whose event is older than the maxAgeHours of their workflow end as blocked.');
      if (count > 0) print(`To see what is left:\n${npm('list --state waiting')}`);
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
    throw new Advice(`${settled.reason} To try now, run the same command again.`, {
      cause: settled.cause,
    });
  }
}

const states = emailSchema.shape.state.options;

export type EmailsOptions = Readonly<{ target: Target }> &
  (
    | Readonly<{ verb: 'list'; filter: EmailFilter; limit: number; json: boolean }>
    | Readonly<{ verb: 'show'; ledgerKey: string; json: boolean }>
    | Readonly<{ verb: 'mark-sent' | 'send-again'; ledgerKey: string }>
    | Readonly<{ verb: 'hold'; why: string }>
    | Readonly<{ verb: 'release' }>
  );

/** The words of `npm run emails`. */
export function emailsCommand(
  command: StackCommand,
  act: Act<EmailsOptions> = noting(commandActs.emails, runEmails),
): void {
  command.description(
    'Shows the emails of the ledger, settles those that need a person, and holds all mail.',
  );
  command
    .command('list')
    .description('the newest first')
    .addOption(
      parsed(
        '--state <state>',
        `only those in one state: ${states.join(', ')}`,
        oneOf('--state', states),
      ),
    )
    .addOption(text('--workflow <id>', 'only those of one workflow; welcome for welcome-x7k2'))
    .addOption(limitOption())
    .addOption(jsonOption())
    .action((_, self) => {
      const { state, workflow, limit, json = false, ...target } = self.optsWithGlobals();
      return act({ target, verb: 'list', filter: { workflowId: workflow, state }, limit, json });
    });
  command
    .command('show')
    .description('all that the ledger holds of one')
    .argument('<ledger key>')
    .addOption(jsonOption())
    .action((ledgerKey, _, self) => {
      const { json = false, ...target } = self.optsWithGlobals();
      return act({ target, verb: 'show', ledgerKey, json });
    });
  const verbs = {
    'mark-sent': 'an unknown one did go out',
    'send-again': 'an unknown, blocked or failed one has to be sent',
  } as const;
  for (const verb of ['mark-sent', 'send-again'] as const) {
    command
      .command(verb)
      .description(verbs[verb])
      .argument('<ledger key>')
      .action((ledgerKey, _, self) => act({ target: self.optsWithGlobals(), verb, ledgerKey }));
  }
  command
    .command('hold')
    .description('stops all mail immediately; events are still recorded, and their emails wait')
    .argument('<why>', 'the reason, in quotes')
    .action((why, _, self) => {
      if (why.trim() === '') throw new Advice('Say why: npm run emails -- hold "wrong prices"');
      return act({ target: self.optsWithGlobals(), verb: 'hold', why });
    });
  command
    .command('release')
    .description('lets mail go out again, and what was held once')
    .action((_, self) => act({ target: self.optsWithGlobals(), verb: 'release' }));
}

async function runEmails(options: EmailsOptions): Promise<void> {
  const output = outputFor('json' in options && options.json);
  const deployment = await findDeployment(options.target, output.print);
  const { clientConfigs, emailsTable, settingsTable, workflowsTable, mailQueueUrl } = deployment;
  const now = () => new Date();
  const db = documentClient(new DynamoDBClient(clientConfigs.dynamodb));
  const sqs = new SQSClient(clientConfigs.sqs);
  // Only some verbs need it, and finding its tables asks CloudFormation.
  const store = cached(
    async () =>
      deployedAudience(deployment, await stackResources(options.target, deployment)).store,
    Number.POSITIVE_INFINITY,
    Date.now,
  );
  const does = emailVerbs({
    customers: async (ids) => keptCustomers(await store(), ids),
    emails: dynamoEmailAdmin(db, emailsTable, now),
    hold: dynamoHold(db, settingsTable),
    countHeld: () => countHeld(db, emailsTable),
    now,
    queue: (message: MailMessage) =>
      sqs.send(new SendMessageCommand({ QueueUrl: mailQueueUrl, ...encodeMailMessage(message) })),
    deployment,
    person: person(),
    workflows: dynamoWorkflows(db, workflowsTable).all,
    ...output,
  });
  switch (options.verb) {
    case 'list':
      return does.list(options.filter, options.limit);
    case 'show':
      return does.show(options.ledgerKey);
    case 'mark-sent':
      return does.markSent(options.ledgerKey);
    case 'send-again':
      return does.sendAgain(options.ledgerKey);
    case 'hold':
      return does.hold(options.why);
    case 'release':
      return does.release();
  }
}
