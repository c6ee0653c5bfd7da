import { SecretValue, Validations } from 'aws-cdk-lib';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { allow } from './lambda-function.ts';
import { type Keeping, pinLogicalId, removalPolicy } from './stateful.ts';

const environmentNames = {
  webhookSecret: 'WEBHOOK_SECRET_ID',
  suppressionKey: 'SUPPRESSION_KEY_ID',
  polarAccess: 'POLAR_ACCESS_ID',
} as const;
type SecretName = keyof typeof environmentNames;

/** What a function does with its secrets. */
type SecretUses = Readonly<
  Partial<Record<SecretName, readonly ('GetSecretValue' | 'PutSecretValue')[]>>
>;

/**
 * The three secrets. CloudFormation writes a value only when its property in the template changes:
 * never change `secretStringValue` or `generateSecretString` here, or a deployment wipes the secret
 * or the access to Polar that a person set, or the key without which no suppression is found again.
 */
export class Secrets extends Construct {
  readonly webhookSecret: Secret;
  readonly suppressionKey: Secret;
  readonly polarAccess: Secret;

  constructor(scope: Construct, id: string, keeping: Keeping) {
    super(scope, id);
    this.webhookSecret = new Secret(this, 'Webhook', {
      description: 'The secret of the Polar webhook endpoint: {"current": "…", "previous": "…"}',
      secretStringValue: SecretValue.unsafePlainText('{"current":"","previous":""}'),
      removalPolicy: removalPolicy(keeping),
    });
    this.suppressionKey = new Secret(this, 'SuppressionKey', {
      description: 'The key of the hashes in the table Suppressions. Never replace it.',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: removalPolicy(keeping),
    });
    this.polarAccess = new Secret(this, 'PolarAccess', {
      description: "How this system signs in to Polar's API; {} until it is connected",
      secretStringValue: SecretValue.unsafePlainText('{}'),
      removalPolicy: removalPolicy(keeping),
    });
    pinLogicalId(this.webhookSecret, 'WebhookSecret');
    pinLogicalId(this.suppressionKey, 'SuppressionKey');
    pinLogicalId(this.polarAccess, 'PolarAccess');
    acknowledgeNoRotation(
      this.webhookSecret,
      'Polar makes this secret: only a person can reset it there and copy it here. Both the current and the previous one are accepted, so that it can be done without losing a webhook.',
    );
    acknowledgeNoRotation(
      this.suppressionKey,
      'A new key would hash every address differently and forget everyone who unsubscribed.',
    );
    acknowledgeNoRotation(
      this.polarAccess,
      'OAuth tokens are refreshed by the system itself whenever they expire, which is far more often than a rotation would; an access token is made by a person in Polar, and only there can a new one be made.',
    );
  }

  /** Gives a function its secrets: their ids in its environment (`WEBHOOK_SECRET_ID`), and exactly these calls. */
  give(lambda: NodejsFunction, uses: SecretUses): void {
    for (const name of ['webhookSecret', 'suppressionKey', 'polarAccess'] as const) {
      const calls = uses[name];
      if (!calls) continue;
      const { secretArn } = this[name];
      lambda.addEnvironment(environmentNames[name], secretArn);
      const actions = calls.map((call) => `secretsmanager:${call}`);
      allow(lambda, actions, [secretArn]);
    }
  }
}

function acknowledgeNoRotation(secret: Secret, reason: string): void {
  Validations.of(secret).acknowledge({ id: 'AwsSolutions-SMG4', reason });
}
