import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { mailSender, type StageOptions } from '#infra/constructs/stage-options.ts';
import { onlyOf, stageStack, stageTemplate } from '#test/support/cloud/stage-stack.ts';
import { lambdaOf } from './lambda-of.ts';
import { type Intrinsic, nameOf, type Statement } from './permissions-of.ts';

const template = stageTemplate();

function stackOf(mailFrom: string, options: Partial<StageOptions> = {}) {
  const sender = mailSender(mailFrom);
  if (!sender) throw new Error(`${mailFrom} is no sender.`);
  return stageStack({ mailFrom: sender, ...options });
}

describe('what SES says of mails', () => {
  it('is published by the configuration set, from sent to complained of', () => {
    const { ConfigurationSetName, EventDestination } = onlyOf(
      template,
      'AWS::SES::ConfigurationSetEventDestination',
    );

    expect(ConfigurationSetName).toEqual({ Ref: 'MailConfigurationSet' });
    expect(EventDestination).toMatchObject({
      Enabled: true,
      SnsDestination: { TopicARN: { Ref: expect.stringContaining('SesTopic') } },
    });
    expect(EventDestination.MatchingEventTypes.toSorted()).toEqual([
      'bounce',
      'complaint',
      'delivery',
      'reject',
      'renderingFailure',
      'send',
    ]);
  });

  it("reaches the feedback queue as SES wrote it, without SNS's envelope", () => {
    template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'sqs',
      Endpoint: { 'Fn::GetAtt': ['FeedbackQueue', 'Arn'] },
      RawMessageDelivery: true,
    });
  });

  it('comes by a topic to which SES, for our configuration set only, may publish', () => {
    const { Statement: statements } = onlyPolicy('AWS::SNS::TopicPolicy', 'Topics', 'SesTopic');
    const [allowed, ...others] = statements.filter(isAllowing);

    expect(others).toEqual([]);
    expect(allowed).toMatchObject({
      Action: 'sns:Publish',
      Principal: { Service: 'ses.amazonaws.com' },
      Resource: { Ref: expect.stringContaining('SesTopic') },
    });
    const { 'AWS:SourceArn': sourceArn, ...condition } = allowed?.Condition.StringEquals ?? {};
    expect(condition).toEqual({ 'AWS:SourceAccount': { Ref: 'AWS::AccountId' } });
    expect(sourceArn && nameOf(sourceArn)).toBe('ses:configuration-set/MailConfigurationSet');
  });

  it('comes into a queue that nobody but this topic may fill', () => {
    const { Statement: statements } = onlyPolicy(
      'AWS::SQS::QueuePolicy',
      'Queues',
      'FeedbackQueue',
    );

    expect(statements.filter(isAllowing)).toEqual([
      {
        Effect: 'Allow',
        Action: 'sqs:SendMessage',
        Principal: { Service: 'sns.amazonaws.com' },
        Resource: { 'Fn::GetAtt': ['FeedbackQueue', 'Arn'] },
        Condition: {
          ArnEquals: { 'aws:SourceArn': { Ref: expect.stringContaining('SesTopic') } },
        },
      },
    ]);
  });

  it('keeps coming when the construct moves', () => {
    expect(Object.keys(template.findResources('AWS::SES::ConfigurationSet'))).toEqual([
      'MailConfigurationSet',
    ]);
  });
});

describe('without a sender', () => {
  it('everything is deployed but an identity', () => {
    template.resourceCountIs('AWS::SES::EmailIdentity', 0);
    expect(mailFromOf(template)).toBe('');
    expect(outputsOf(template)).toEqual({});
  });
});

describe('a domain as sender', () => {
  const domain = Template.fromStack(stackOf('shop.example'));

  it('becomes an identity with a return path of its own, which works before its DNS does', () => {
    expect(identityOf(domain)).toMatchObject({
      EmailIdentity: 'shop.example',
      MailFromAttributes: { MailFromDomain: 'bounces.shop.example' },
      FeedbackAttributes: { EmailForwardingEnabled: false },
    });
    expect(identityOf(domain).MailFromAttributes.BehaviorOnMxFailure).not.toBe('REJECT_MESSAGE');
  });

  it('sends from no-reply', () => {
    expect(mailFromOf(domain)).toBe('no-reply@shop.example');
  });

  it('is told the DNS records to add', () => {
    const { MailFrom, MailIdentities, ...records } = outputsOf(domain);

    expect(MailFrom).toBe('no-reply@shop.example');
    expect(MailIdentities).toBe('shop.example,no-reply@shop.example');
    expect(records).toEqual({
      DnsDkim1: 'MailIdentity.DkimDNSTokenName1 CNAME MailIdentity.DkimDNSTokenValue1',
      DnsDkim2: 'MailIdentity.DkimDNSTokenName2 CNAME MailIdentity.DkimDNSTokenValue2',
      DnsDkim3: 'MailIdentity.DkimDNSTokenName3 CNAME MailIdentity.DkimDNSTokenValue3',
      DnsMailFromMx: 'bounces.shop.example MX 10 feedback-smtp.AWS::Region.amazonses.com',
      DnsMailFromSpf: 'bounces.shop.example TXT "v=spf1 include:amazonses.com ~all"',
      DnsDmarc: '_dmarc.shop.example TXT "v=DMARC1; p=none; rua=mailto:postmaster@shop.example"',
    });
  });

  it('stays known to SES when the stack goes, but not when it never came', () => {
    const kept = domain.findResources('AWS::SES::EmailIdentity');
    const local = Template.fromStack(stackOf('shop.example', { stage: 'local' }));

    expect(kept).toMatchObject({
      MailIdentity: { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' },
    });
    expect(local.findResources('AWS::SES::EmailIdentity')).toMatchObject({
      MailIdentity: { DeletionPolicy: 'Delete' },
    });
  });
});

describe('an address as sender', () => {
  const address = stackOf('Shop <hello@shop.example>');

  it('becomes an identity by itself, with a warning that this is for a trial', () => {
    const warnings = address.node
      .findAll()
      .flatMap(({ node }) => node.metadata)
      .filter(({ type }) => type === 'aws:cdk:warning');

    expect(identityOf(Template.fromStack(address)).EmailIdentity).toBe('hello@shop.example');
    expect(warnings.map(({ data }) => data)).toEqual([
      expect.stringMatching(/ sends hello@shop.example a link .* -c mailIdentity=domain/),
    ]);
    expect(sendingAs(Template.fromStack(address))).toEqual(['hello@shop.example']);
  });

  it('is taken with its whole domain if told so', () => {
    const whole = Template.fromStack(
      stackOf('Shop <hello@shop.example>', { mailIdentity: 'domain' }),
    );

    expect(identityOf(whole).EmailIdentity).toBe('shop.example');
    expect(mailFromOf(whole)).toBe('Shop <hello@shop.example>');
    expect(outputsOf(whole)).toMatchObject({ DnsDmarc: expect.any(String) });
  });
});

describe('a sender that SES knows already', () => {
  it('is left as it is, and may be known by its domain or by its address', () => {
    const existing = Template.fromStack(
      stackOf('Shop <hello@shop.example>', { mailIdentity: 'existing' }),
    );

    existing.resourceCountIs('AWS::SES::EmailIdentity', 0);
    expect(sendingAs(existing)).toEqual([
      '*@shop.example',
      '*@*.shop.example',
      'hello@shop.example',
    ]);
    expect(outputsOf(existing)).toEqual({
      MailFrom: 'Shop <hello@shop.example>',
      MailIdentities: 'shop.example,hello@shop.example',
    });
  });
});

type Allowing = Statement & { Condition: { StringEquals: Record<string, Intrinsic> } };

function isAllowing({ Effect }: Statement): boolean {
  return Effect === 'Allow';
}

/** The policy of the only topic or queue whose logical id has this in it. */
function onlyPolicy(type: string, list: string, id: string): { Statement: Allowing[] } {
  const [found, ...others] = Object.values(template.findResources(type)).filter(({ Properties }) =>
    Properties[list][0].Ref.includes(id),
  );
  if (!found || others.length > 0) throw new Error(`There is not one ${type} of ${id}.`);
  const { Properties } = found;
  return Properties.PolicyDocument;
}

function identityOf(of: Template) {
  return onlyOf(of, 'AWS::SES::EmailIdentity');
}

function mailFromOf(of: Template): string {
  return lambdaOf(of, 'mailer').properties.Environment.Variables.MAIL_FROM;
}

/** Whom mail may be from, as the policies say it. */
function sendingAs(of: Template): string[] {
  const statements = Object.values(of.findResources('AWS::IAM::Policy'))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
    .filter(({ Action }) => Action === 'ses:SendEmail');
  const senders = statements.map(({ Condition }) =>
    [Condition.StringLike['ses:FromAddress']].flat(),
  );
  const [first = [], ...others] = senders;
  for (const other of others) expect(other).toEqual(first);
  return first;
}

/** What is said of the sender, as text. */
function outputsOf(of: Template): Record<string, string> {
  const { Outputs } = of.toJSON();
  const said = Object.keys(Outputs).filter((name) => /^Mail(From|Identities)$|^Dns/.test(name));
  return Object.fromEntries(said.map((name) => [name, textOf(Outputs[name].Value)]));
}

function textOf(value: string | Intrinsic): string {
  if (typeof value === 'string') return value;
  if (value['Fn::GetAtt']) return value['Fn::GetAtt'].join('.');
  return value.Ref ?? value['Fn::Join']?.[1].map(textOf).join('') ?? '';
}
