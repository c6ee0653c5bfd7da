import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { ConfigurationSet, EmailSendingEvent, EventDestination } from 'aws-cdk-lib/aws-ses';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { mailersFor } from '#shared/mail/pace.ts';
import { Feedback } from './feedback.ts';
import { Mailer } from './mailer.ts';
import { QueueWithDeadLetters } from './queue.ts';
import type { Secrets } from './secrets.ts';
import { SenderIdentity, type Sending } from './sender-identity.ts';
import type { StageOptions } from './stage-options.ts';
import { type Keeping, pinLogicalId } from './stateful.ts';
import type { AudienceTables } from './tables.ts';
import { Unsubscribe } from './unsubscribe.ts';

/** Brings what SES says of each mail (sent, delivered, bounced, complained of) into a queue. */
class SesReports extends Construct {
  /** A mail has to name it, or nothing is heard of it. */
  readonly configurationSet: ConfigurationSet;

  constructor(scope: Construct, id: string, queue: Queue) {
    super(scope, id);
    this.configurationSet = new ConfigurationSet(this, 'ConfigurationSet');
    pinLogicalId(this.configurationSet, 'MailConfigurationSet');
    // Encrypted in transit only: the key that SNS offers for free does not let SES publish, and
    // what comes goes on at once to the queue, which is encrypted.
    const topic = new Topic(this, 'Topic', {
      displayName: 'What SES says of mails',
      enforceSSL: true,
    });
    topic.addSubscription(new SqsSubscription(queue, { rawMessageDelivery: true }));
    this.configurationSet.addEventDestination('Events', {
      destination: EventDestination.snsTopic(topic),
      events: [
        EmailSendingEvent.SEND,
        EmailSendingEvent.DELIVERY,
        EmailSendingEvent.BOUNCE,
        EmailSendingEvent.COMPLAINT,
        EmailSendingEvent.REJECT,
        EmailSendingEvent.RENDERING_FAILURE,
      ],
    });
  }
}

type MailOptions = Pick<
  StageOptions,
  'mailFrom' | 'mailIdentity' | 'mailsPerSecond' | 'domain' | 'dashboard'
>;

type MailProps = {
  api: HttpApi;
  tables: AudienceTables;
  secrets: Secrets;
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
  /** What a token is added to, after a slash. */
  readonly unsubscribeUrl: string;

  constructor(scope: Construct, id: string, props: MailProps) {
    super(scope, id);
    const { api, tables, secrets, keeping, options } = props;
    const { mailFrom, mailIdentity, mailsPerSecond, domain } = options;
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
      identities: this.sender?.identities ?? [],
    };
    const mailers = mailersFor(mailsPerSecond);
    this.unsubscribeUrl = Unsubscribe.urlOf(api, domain);
    this.mailer = new Mailer(this, 'Mailer', {
      mail: this.outgoing,
      tables,
      secrets,
      sending: this.sending,
      unsubscribeUrl: this.unsubscribeUrl,
      mailers,
      isGraphed: options.dashboard,
    });
    this.feedback = new Feedback(this, 'Feedback', {
      reports: this.reports,
      tables,
      secrets,
      maxConcurrency: mailers.atOnce,
    });
    this.unsubscribe = new Unsubscribe(this, 'Unsubscribe', { api, tables, secrets });
  }
}
