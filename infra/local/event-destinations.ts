import * as z from 'zod';
import type { Identities } from './identities.ts';

/** A queue that SES's events of one configuration set come to. */
export type EventDestination = Readonly<{
  configurationSet: string;
  /** In lower case, such as `delivery`. */
  eventTypes: ReadonlySet<string>;
  queueUrl: string;
}>;

const destinationSchema = z.object({
  ConfigurationSetName: z.string(),
  EventDestination: z.object({
    Enabled: z.boolean().default(true),
    MatchingEventTypes: z.array(z.string()),
    SnsDestination: z.object({ TopicARN: z.string() }),
  }),
});

const subscriptionSchema = z.object({
  TopicArn: z.string(),
  Protocol: z.literal('sqs'),
  Endpoint: z.string(),
  RawMessageDelivery: z.literal(true),
});

/** Follows the stack's way of an event from each configuration set over its topic into the queues. */
export function eventDestinations(identities: Identities): EventDestination[] {
  const queueUrls = new Map(
    identities.ofType('AWS::SQS::Queue').map(({ logicalId }) => {
      const arn = String(identities.resolve({ 'Fn::GetAtt': [logicalId, 'Arn'] }));
      return [arn, String(identities.resolve({ Ref: logicalId }))];
    }),
  );
  const destinations = identities
    .ofType('AWS::SES::ConfigurationSetEventDestination')
    .map(({ properties }) => destinationSchema.parse(properties))
    .filter(({ EventDestination }) => EventDestination.Enabled);
  return destinations.flatMap(({ ConfigurationSetName, EventDestination }) => {
    const { MatchingEventTypes, SnsDestination } = EventDestination;
    const topic = SnsDestination.TopicARN;
    return subscriptionsTo(topic, identities).map(({ Endpoint }) => {
      const queueUrl = queueUrls.get(Endpoint);
      if (queueUrl === undefined) throw new Error(`The topic ${topic} leads to no known queue.`);
      const eventTypes = new Set(MatchingEventTypes.map((type) => type.toLowerCase()));
      return { configurationSet: ConfigurationSetName, eventTypes, queueUrl };
    });
  });
}

function subscriptionsTo(topic: string, identities: Identities) {
  return identities
    .ofType('AWS::SNS::Subscription')
    .filter(({ properties }) => properties['TopicArn'] === topic)
    .map(({ properties }) => subscriptionSchema.parse(properties));
}
