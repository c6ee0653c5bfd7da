import { Annotations, Aws, Stack, Validations } from 'aws-cdk-lib';
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { type ConfigurationSet, EmailIdentity, Identity } from 'aws-cdk-lib/aws-ses';
import { Construct } from 'constructs';
import type { MailSender } from './stage-options.ts';
import { type Keeping, pinLogicalId, removalPolicy } from './stateful.ts';

/** How mail of this stack is sent. */
export type Sending = Readonly<{
  configurationSet: ConfigurationSet;
  /** Empty: every email is blocked, for want of a sender. */
  from: string;
  /** In whose names it may be sent; none without a sender. */
  identities: readonly string[];
}>;

/**
 * Lets a function send as this sender, and as nobody else. SES asks for the permission on everything of this account
 * that a mail names: the configuration set, the identity that the sender is under (itself, its domain or one above) and,
 * where the recipient is under an identity too, as all are in SES's sandbox, that. No deployment knows which those are,
 * so what is limited is who the mail is from.
 */
export function allowSending(
  lambda: NodejsFunction,
  { identities, configurationSet }: Sending,
): void {
  if (identities.length === 0) return;
  const arn = (resource: string, resourceName: string) =>
    Stack.of(lambda).formatArn({ service: 'ses', resource, resourceName });
  const policy = new Policy(lambda, 'Sending', {
    statements: [
      new PolicyStatement({
        actions: ['ses:SendEmail'],
        resources: [
          arn('configuration-set', configurationSet.configurationSetName),
          arn('identity', '*'),
        ],
        conditions: { StringLike: { 'ses:FromAddress': identities.flatMap(sendersUnder) } },
      }),
    ],
  });
  lambda.role?.attachInlinePolicy(policy);
  Validations.of(policy).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>:identity/*]',
    reason:
      'SES asks for the permission on the identities of recipients too, which nobody knows beforehand; the condition on the sender keeps it from being used for mail from anybody else.',
  });
}

/** A domain covers itself and what is below it, an address itself alone. */
function sendersUnder(identity: string): string[] {
  return identity.includes('@') ? [identity] : [`*@${identity}`, `*@*.${identity}`];
}

type SenderIdentityProps = {
  sender: MailSender;
  mailIdentity: 'domain' | 'existing' | undefined;
  keeping: Keeping;
};

/** Makes the sender known to SES, unless it is already: by its domain, or by one address of it. */
export class SenderIdentity extends Construct {
  /** The names under which SES may know this sender: a domain, an address, or both. */
  readonly identities: readonly string[];
  /** What has to be added to the DNS of the domain, by the name of the output. */
  readonly dnsRecords: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: SenderIdentityProps) {
    super(scope, id);
    const { domain, address, given } = props.sender;
    this.identities = [domain, address];
    this.dnsRecords = {};
    if (props.mailIdentity === 'existing') return;
    if (given === 'domain' || props.mailIdentity === 'domain') {
      this.dnsRecords = dnsRecords(domain, this.domainIdentity(domain, props.keeping));
      return;
    }
    this.identities = [address];
    this.addressIdentity(address, props.keeping);
    warnOfAddressAlone(this, address);
  }

  private domainIdentity(domain: string, keeping: Keeping): EmailIdentity {
    const identity = new EmailIdentity(this, 'Identity', {
      identity: Identity.domain(domain),
      mailFromDomain: returnPathDomain(domain),
      // Bounces come by the configuration set; by mail they would go to an address nobody reads.
      feedbackForwarding: false,
    });
    return kept(identity, keeping);
  }

  private addressIdentity(address: string, keeping: Keeping): EmailIdentity {
    const identity = new EmailIdentity(this, 'Identity', {
      identity: Identity.email(address),
      feedbackForwarding: false,
    });
    return kept(identity, keeping);
  }
}

/** Without it SES sends no mail at all, and a new one means new DNS records. */
function kept(identity: EmailIdentity, keeping: Keeping): EmailIdentity {
  identity.applyRemovalPolicy(removalPolicy(keeping));
  pinLogicalId(identity, 'MailIdentity');
  return identity;
}

/** The bounces go there. It has to be a name that receives no other mail, which `mail.` often does. */
function returnPathDomain(domain: string): string {
  return `bounces.${domain}`;
}

function dnsRecords(domain: string, { dkimRecords }: EmailIdentity): Record<string, string> {
  const dkim = dkimRecords.map(({ name, value }, index) => [
    `DnsDkim${index + 1}`,
    `${name} CNAME ${value}`,
  ]);
  const returnPath = returnPathDomain(domain);
  return {
    ...Object.fromEntries(dkim),
    DnsMailFromMx: `${returnPath} MX 10 feedback-smtp.${Aws.REGION}.amazonses.com`,
    DnsMailFromSpf: `${returnPath} TXT "v=spf1 include:amazonses.com ~all"`,
    DnsDmarc: `_dmarc.${domain} TXT "v=DMARC1; p=none; rua=mailto:postmaster@${domain}"`,
  };
}

function warnOfAddressAlone(scope: Construct, address: string): void {
  Annotations.of(scope).addWarningV2(
    'polar-audience:mailFrom',
    `SES sends ${address} a link that somebody has to open. Mail from one address is not signed for its domain, so many mailboxes take it for spam: good for a trial only. Afterwards deploy with -c mailIdentity=domain and add the DNS records of the outputs.`,
  );
}
