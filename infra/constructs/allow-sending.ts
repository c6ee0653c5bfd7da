import { Stack } from 'aws-cdk-lib';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { ConfigurationSet } from 'aws-cdk-lib/aws-ses';
import { allow } from '#infra/constructs/lambda-function.ts';

/** How mail of this stack is sent. */
export type Sending = Readonly<{
  configurationSet: ConfigurationSet;
  /** Empty: every email is blocked, for want of a sender. */
  from: string;
  /** In whose names SES lets it be sent; none without a sender. */
  identities: readonly string[];
}>;

/**
 * SES asks for the permission on everything of this account that a mail names: the configuration set,
 * the sender and, if the recipient is an identity too, as all are in SES's sandbox, the recipient.
 */
export function allowSending(
  lambda: NodejsFunction,
  { identities, configurationSet }: Sending,
): void {
  if (identities.length === 0) return;
  const arn = (resource: string, resourceName: string) =>
    Stack.of(lambda).formatArn({ service: 'ses', resource, resourceName });
  allow(
    lambda,
    ['ses:SendEmail'],
    [
      arn('configuration-set', configurationSet.configurationSetName),
      ...identities.map((identity) => arn('identity', identity)),
    ],
  );
}
