import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Sending } from '#infra/constructs/allow-sending.ts';
import type { AudienceTables } from '#infra/constructs/audience-tables.ts';
import { Feedback } from '#infra/constructs/feedback.ts';
import type { Keeping } from '#infra/constructs/keeping.ts';
import { Mailer } from '#infra/constructs/mailer.ts';
import { QueueWithDeadLetters } from '#infra/constructs/queue-with-dead-letters.ts';
import { SenderIdentity } from '#infra/constructs/sender-identity.ts';
import { SesReports } from '#infra/constructs/ses-reports.ts';
import { Unsubscribe } from '#infra/constructs/unsubscribe.ts';
import type { StageOptions } from '#infra/stage-options.ts';

type MailOptions = Pick<
  StageOptions,
  'mailFrom' | 'mailIdentity' | 'mailsPerSecond' | 'sandboxRecipients'
>;

type MailProps = {
  api: HttpApi;
  tables: AudienceTables;
  suppressionKey: Secret;
  keeping: Keeping;
  options: MailOptions;
};

/** The way of an email: queued, sent, heard of again, and the door by which people leave. */
export class Mail extends Construct {
  readonly outgoing: QueueWithDeadLetters;
  /** What SES says of them. */
  readonly reports: QueueWithDeadLetters;
  readonly mailer: Mailer;
  readonly feedback: Feedback;
  readonly unsubscribe: Unsubscribe;
  /** Absent: no sender is set up. */
  readonly sender: SenderIdentity | undefined;
  readonly sending: Sending;

  constructor(scope: Construct, id: string, props: MailProps) {
    super(scope, id);
    const { api, tables, suppressionKey, keeping, options } = props;
    const { mailFrom, mailIdentity, mailsPerSecond, sandboxRecipients } = options;
    this.outgoing = new QueueWithDeadLetters(this, 'Outgoing', {
      name: 'Mail',
      keeping,
      timeout: Mailer.timeout,
    });
    this.reports = new QueueWithDeadLetters(this, 'Reports', {
      name: 'Feedback',
      keeping,
      timeout: Feedback.timeout,
    });
    const { configurationSet } = new SesReports(this, 'Ses', this.reports.queue);
    this.sender =
      mailFrom && new SenderIdentity(this, 'Sender', { sender: mailFrom, mailIdentity, keeping });
    this.sending = {
      configurationSet,
      from: mailFrom?.from ?? '',
      identities: this.sender ? [...this.sender.identities, ...sandboxRecipients] : [],
    };
    this.mailer = new Mailer(this, 'Mailer', {
      mail: this.outgoing,
      tables,
      suppressionKey,
      sending: this.sending,
      unsubscribeUrl: Unsubscribe.urlOf(api),
      mailsPerSecond,
    });
    this.feedback = new Feedback(this, 'Feedback', {
      reports: this.reports,
      tables,
      suppressionKey,
    });
    this.unsubscribe = new Unsubscribe(this, 'Unsubscribe', { api, tables, suppressionKey });
  }
}
