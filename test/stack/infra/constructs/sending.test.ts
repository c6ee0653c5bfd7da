import { describe, expect, it } from 'vitest';
import { mailSender, type StageOptions } from '#infra/constructs/stage-options.ts';
import { localIdentities, templateOf } from '#infra/local/assembly/template.ts';
import { accessesOf } from '#test/support/cloud/aws-calls.ts';
import { isAllowed, statementsByFunction } from '#test/support/cloud/iam.ts';
import { stageTemplate } from '#test/support/cloud/stage-stack.ts';
import { lambdaOf } from './lambda-of.ts';

type Sent = Readonly<{ from: string; to?: string; knownToSes: readonly string[] }>;

/** Whether AWS would let the mailer and the console send this. They are to agree. */
function maySend(mailFrom: string, mailIdentity: StageOptions['mailIdentity'], sent: Sent) {
  const sender = mailSender(mailFrom);
  const template = stageTemplate({ ...(sender && { mailFrom: sender }), mailIdentity });
  const stack = templateOf('PolarAudience-prod', template.toJSON());
  const addresses = { sqs: 'http://sqs', http: 'http://api' };
  const statements = statementsByFunction(localIdentities(stack, addresses));
  const body = JSON.stringify({
    FromEmailAddress: sent.from,
    Destination: { ToAddresses: [sent.to ?? 'ada@elsewhere.example'] },
    ConfigurationSetName: 'MailConfigurationSet',
  });
  const call = { operation: 'POST /v2/email/outbound-emails', target: '', body };
  const accesses = accessesOf(call, sent.knownToSes);
  const answers = (['mailer', 'console'] as const).map((name) => {
    const own = statements.get(lambdaOf(template, name).id) ?? [];
    return accesses.every((access) => isAllowed(own, access));
  });
  expect(new Set(answers).size).toBe(1);
  return answers[0];
}

describe('IAM lets mail be sent', () => {
  const below = 'News <x@news.shop.example>';

  it.each<[string, string, StageOptions['mailIdentity'], Sent]>([
    [
      'from the domain that the stack sets up',
      'shop.example',
      'domain',
      { from: '"Shop" <hello@shop.example>', knownToSes: ['shop.example'] },
    ],
    [
      'from below it',
      'shop.example',
      'domain',
      { from: 'x@news.shop.example', knownToSes: ['shop.example'] },
    ],
    [
      'from below a domain that SES knows already',
      below,
      'existing',
      { from: below, knownToSes: ['shop.example'] },
    ],
    [
      'from an address that SES knows besides its domain',
      below,
      'existing',
      { from: below, knownToSes: ['news.shop.example', 'x@news.shop.example'] },
    ],
    [
      'to another identity of the account',
      'shop.example',
      'domain',
      {
        from: 'hello@shop.example',
        to: 'ada@second.example',
        knownToSes: ['shop.example', 'second.example'],
      },
    ],
    [
      'to a verified address, as in the sandbox',
      'hello@shop.example',
      undefined,
      {
        from: 'hello@shop.example',
        to: 'you@example.com',
        knownToSes: ['hello@shop.example', 'you@example.com'],
      },
    ],
    [
      'from an address whose domain was given in capitals',
      'hello@Shop.Example',
      undefined,
      { from: 'hello@shop.example', knownToSes: ['hello@shop.example'] },
    ],
  ])('%s', (_, mailFrom, mailIdentity, sent) => {
    expect(maySend(mailFrom, mailIdentity, sent)).toBe(true);
  });

  it.each<[string, string, StageOptions['mailIdentity'], Sent]>([
    [
      'from another identity of the account',
      'shop.example',
      'domain',
      { from: 'hello@second.example', knownToSes: ['shop.example', 'second.example'] },
    ],
    [
      'from a domain that only ends alike',
      'shop.example',
      'domain',
      { from: 'hello@myshop.example', knownToSes: ['shop.example', 'myshop.example'] },
    ],
    [
      'from a domain above that of the sender',
      below,
      'existing',
      { from: 'hello@shop.example', knownToSes: ['shop.example'] },
    ],
    [
      'from another address of the domain of a single address',
      'hello@shop.example',
      undefined,
      { from: 'news@shop.example', knownToSes: ['shop.example'] },
    ],
  ])('but not %s', (_, mailFrom, mailIdentity, sent) => {
    expect(maySend(mailFrom, mailIdentity, sent)).toBe(false);
  });
});
