import { Duration, Validations } from 'aws-cdk-lib';
import { type HttpApi, HttpMethod, PayloadFormatVersion } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Construct } from 'constructs';
import { lambdaFunction } from './lambda-function.ts';
import type { Secrets } from './secrets.ts';
import { type AudienceTables, refusalUses } from './tables.ts';

const path = '/unsubscribe';

type UnsubscribeProps = { api: HttpApi; tables: AudienceTables; secrets: Secrets };

/** The page behind the link in every marketing mail, and the one click of mail programs. */
export class Unsubscribe extends Construct {
  readonly function: NodejsFunction;

  /** What a token is added to, after a slash. */
  static urlOf(api: HttpApi, domain: string | undefined): string {
    return `${domain === undefined ? api.apiEndpoint : `https://${domain}`}${path}`;
  }

  constructor(scope: Construct, id: string, { api, tables, secrets }: UnsubscribeProps) {
    super(scope, id);
    this.function = lambdaFunction(this, 'Function', {
      name: 'unsubscribe',
      description: 'Asks whether to unsubscribe, and does it',
      // Mail programs wait about as long for the answer to their one click.
      timeout: Duration.seconds(9),
      memoryMb: 512,
    });
    tables.give(this.function, refusalUses);
    secrets.give(this.function, { suppressionKey: ['GetSecretValue'] });
    addRoutes(api, this.function);
  }
}

function addRoutes(api: HttpApi, unsubscribe: NodejsFunction): void {
  const routes = api.addRoutes({
    path: `${path}/{token}`,
    methods: [HttpMethod.GET, HttpMethod.HEAD, HttpMethod.POST],
    integration: new HttpLambdaIntegration('UnsubscribeIntegration', unsubscribe, {
      payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
    }),
  });
  for (const route of routes) {
    Validations.of(route).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason:
        'Whoever gets a mail has no account here, and a mail program unsubscribes with one bare POST (RFC 8058): the token in the path is signed, and the function checks that before anything else.',
    });
  }
}
