import { Stack, Validations } from 'aws-cdk-lib';
import {
  type HttpApi,
  HttpMethod,
  type HttpStage,
  PayloadFormatVersion,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';
import type { IngestApi } from '#infra/constructs/ingest-api.ts';
import { pinLogicalId } from '#infra/constructs/pin-logical-id.ts';

const path = '/console';

type ConsoleDoor = Readonly<{
  url: string;
  /** Lets the people in to whom it is attached. */
  policy: ManagedPolicy;
}>;

/** Puts the console behind the HTTP API, where only requests signed by somebody with the policy get in. */
export function consoleDoor(
  scope: Construct,
  { api, stage }: IngestApi,
  lambda: NodejsFunction,
): ConsoleDoor {
  const integration = new HttpLambdaIntegration('ConsoleIntegration', lambda, {
    payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
  });
  const authorizer = new HttpIamAuthorizer();
  for (const route of [path, `${path}/{proxy+}`]) {
    api.addRoutes({ path: route, methods: [HttpMethod.ANY], integration, authorizer });
  }
  return { url: `${api.apiEndpoint}${path}`, policy: entrancePolicy(scope, api, stage) };
}

function entrancePolicy(scope: Construct, api: HttpApi, stage: HttpStage): ManagedPolicy {
  const reached = [path, `${path}/*`].map((below) => `${stage.stageName}/*${below}`);
  const arn = (resourceName: string) =>
    Stack.of(scope).formatArn({ service: 'execute-api', resource: api.apiId, resourceName });
  const policy = new ManagedPolicy(scope, 'Entrance', {
    description: 'Lets people in to the console of Polar Audience',
    statements: [
      new PolicyStatement({ actions: ['execute-api:Invoke'], resources: reached.map(arn) }),
    ],
  });
  // People attach it to their own roles: another id would be another policy, which nobody has.
  pinLogicalId(policy, 'ConsolePolicy');
  const reason =
    'It is the key to one console, whole: every method and every page below /console of this one stage of this one API, and no other route.';
  const apiArn = 'arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<WebhookApi>';
  Validations.of(policy).acknowledge(
    ...reached.map((name) => ({ id: `AwsSolutions-IAM5[Resource::${apiArn}/${name}]`, reason })),
  );
  return policy;
}
