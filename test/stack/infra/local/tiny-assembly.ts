import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '#test/support/process/function-in-a-folder.ts';

/** A cloud assembly as the CDK writes it, with one function, table, queue and secret, and two routes. */
export async function tinyAssembly(code: string): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'asset.1'));
  await writeFile(join(folder, 'asset.1', 'index.mjs'), code);
  const write = (file: string, content: object) =>
    writeFile(join(folder, file), JSON.stringify(content));
  await write('manifest.json', {
    artifacts: {
      Tree: { type: 'cdk:tree', properties: { file: 'tree.json' } },
      Tiny: { type: 'aws:cloudformation:stack', properties: { templateFile: 'Tiny.json' } },
    },
  });
  await write('Tiny.assets.json', { files: { '1': { source: { path: 'asset.1' } } } });
  await write('Tiny.json', { Resources: resources, Outputs: outputs });
  return folder;
}

const resources = {
  Things: {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      KeySchema: [{ AttributeName: 'name', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'name', AttributeType: 'S' }],
    },
  },
  Jobs: { Type: 'AWS::SQS::Queue' },
  WebhookSecret: {
    Type: 'AWS::SecretsManager::Secret',
    Properties: { SecretString: '{"current":""}' },
  },
  Hello: {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { S3Key: '1.zip' },
      Handler: 'index.handler',
      Environment: {
        Variables: {
          THINGS_TABLE: { Ref: 'Things' },
          JOBS_URL: { Ref: 'Jobs' },
          SECRET_ID: { Ref: 'WebhookSecret' },
        },
      },
    },
  },
  Api: { Type: 'AWS::ApiGatewayV2::Api' },
  Integration: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: {
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: { 'Fn::GetAtt': ['Hello', 'Arn'] },
      PayloadFormatVersion: '2.0',
    },
  },
  Route: {
    Type: 'AWS::ApiGatewayV2::Route',
    Properties: {
      RouteKey: 'GET /hello/{name}',
      Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] },
      AuthorizationType: 'NONE',
    },
  },
  SignedRoute: {
    Type: 'AWS::ApiGatewayV2::Route',
    Properties: {
      RouteKey: 'ANY /signed/{name}',
      Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] },
      AuthorizationType: 'AWS_IAM',
    },
  },
};
const outputs = {
  WebhookUrl: { Value: { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['Api', 'ApiEndpoint'] }, '/hooks']] } },
};
