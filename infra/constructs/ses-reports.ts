import { ConfigurationSet, EmailSendingEvent, EventDestination } from 'aws-cdk-lib/aws-ses';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { pinLogicalId } from '#infra/constructs/pin-logical-id.ts';

/** Brings what SES says of each mail (sent, delivered, bounced, complained of) into a queue. */
export class SesReports extends Construct {
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
