import { randomUUID } from 'node:crypto';
import { isMailable } from '#shared/audience/email-address.ts';
import { isSupportedEventType } from '#shared/polar/event-types.ts';
import { sampleCustomerId } from '#shared/polar/sample/sample-customer.ts';
import { polarPayload } from '#shared/polar/sample/sample-event.ts';
import {
  type Delivered,
  deliverSigned,
  secretReadingOf,
} from '#shared/polar/sample/signed-delivery.ts';
import type { TestProblems, TypedTest } from './test-form.ts';

export type SentTest =
  | { kind: 'wrong'; problems: TestProblems }
  | { kind: 'no-secret' }
  | { kind: 'delivered'; webhookId: string; delivered: Delivered };

type Parts = Readonly<{
  webhookUrl: string;
  /** What webhooks are signed with now; empty: none is set. */
  secret: () => Promise<string>;
  now: () => Date;
}>;

const longestText = 200;

/** Makes up one event and posts it, signed, to the URL that Polar posts to. */
export async function sendTestEvent(
  typed: TypedTest,
  { webhookUrl: url, secret: currentSecret, now }: Parts,
): Promise<SentTest> {
  const { type } = typed;
  const [email, name, externalId] = [
    typed.email.trim(),
    typed.name.trim(),
    typed.externalId.trim(),
  ];
  const problems = problemsIn({ type, email, name, externalId });
  if (Object.keys(problems).length > 0 || !isSupportedEventType(type)) {
    return { kind: 'wrong', problems };
  }
  const secret = await currentSecret();
  if (secret === '') return { kind: 'no-secret' };
  const person = {
    customerId: sampleCustomerId(email),
    email,
    name,
    externalId: externalId === '' ? null : externalId,
    isNew: type === 'customer.created',
  };
  const webhookId = randomUUID();
  const body = Buffer.from(JSON.stringify(polarPayload(type, person, now())));
  const secretReading = secretReadingOf(secret);
  const delivered = await deliverSigned({ url, secret, secretReading, webhookId, body }, now());
  return { kind: 'delivered', webhookId, delivered };
}

function problemsIn({ type, email, name, externalId }: TypedTest): TestProblems {
  const tooLong = `It must not be longer than ${longestText} characters.`;
  return {
    ...(!isSupportedEventType(type) && { type: 'Choose one of these events.' }),
    ...(!isMailable(email) && { email: 'Enter an email address, such as you@example.com.' }),
    ...(name.length > longestText && { name: tooLong }),
    ...(externalId.length > longestText && { externalId: tooLong }),
  };
}
