import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { commandActs } from '#infra/commands/command-acts.ts';
import { findDeployment, type Target } from '#infra/commands/deployment/deployment.ts';
import { deployedAudience } from '#infra/commands/deployment/parts.ts';
import { stackResources } from '#infra/commands/deployment/resources.ts';
import { noting } from '#infra/commands/noting.ts';
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
import { outputFor } from '#infra/terminal/output.ts';
import { person } from '#infra/terminal/person.ts';
import { emailSchema, type MailMessage } from '#shared/audience/emails/email.ts';
import { cached } from '#shared/in-time.ts';
import { encodeMailMessage } from '#shared/queue/mail-queue.ts';
import { keptCustomers } from '#shared/store/audience/contact-lookup.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { countHeld } from '#shared/store/mail/due-emails.ts';
import { dynamoEmailAdmin, type EmailFilter } from '#shared/store/mail/emails.ts';
import { dynamoHold } from '#shared/store/mail/hold.ts';
import { dynamoWorkflows } from '#shared/store/mail/workflows.ts';
import { emailVerbs } from './verbs.ts';

const states = [...emailSchema.shape.state.options, 'held'] as const;

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
  command.description('List emails, settle those with an unknown outcome, and hold all mail.');
  command
    .command('list')
    .description('list emails, newest first')
    .addOption(
      parsed(
        '--state <state>',
        `only those in this state: ${states.join(', ')}; waiting includes held ones`,
        oneOf('--state', states),
      ),
    )
    .addOption(
      text('--workflow <id>', 'only those of this workflow; welcome is enough for welcome-x7k2'),
    )
    .addOption(limitOption())
    .addOption(jsonOption())
    .action((_, self) => {
      const { state, workflow, limit, json = false, ...target } = self.optsWithGlobals();
      return act({ target, verb: 'list', filter: { workflowId: workflow, state }, limit, json });
    });
  command
    .command('show')
    .description('show everything known about one')
    .argument('<ledger key>')
    .addOption(jsonOption())
    .action((ledgerKey, _, self) => {
      const { json = false, ...target } = self.optsWithGlobals();
      return act({ target, verb: 'show', ledgerKey, json });
    });
  const verbs = {
    'mark-sent': "mark an unknown one as sent; it's never sent again",
    'send-again': 'send an unknown, blocked or failed one again',
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
    .description('hold all mail now; events are still recorded, and emails wait for release')
    .argument('<why>', 'the reason, in quotes')
    .action((why, _, self) => {
      if (why.trim() === '')
        throw new Advice('Pass a reason: npm run emails -- hold "wrong prices"');
      return act({ target: self.optsWithGlobals(), verb: 'hold', why });
    });
  command
    .command('release')
    .description('release all mail: each held email is checked and sent once')
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
