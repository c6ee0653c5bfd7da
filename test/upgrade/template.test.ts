import { describe, expect, it } from 'vitest';
import { stageTemplate } from '#test/support/cloud/stage-stack.ts';
import { keptVersion, keptVersions, templateFrom } from './version-folder.ts';

const today = templateFrom(stageTemplate({ stage: 'production' }).toJSON());

/** What makes CloudFormation replace a resource of this type, and so leave its content behind. */
const replacing: Readonly<Record<string, readonly string[]>> = {
  'AWS::DynamoDB::Table': [
    'KeySchema',
    'TableName',
    'LocalSecondaryIndexes',
    'ImportSourceSpecification',
  ],
  'AWS::SQS::Queue': ['QueueName', 'FifoQueue'],
  'AWS::SecretsManager::Secret': ['Name'],
};
/** CloudFormation writes the value of a secret anew when one of these changes. */
const rewriting = ['SecretString', 'GenerateSecretString'];

type Index = { IndexName: string; KeySchema: unknown; Projection: unknown };
type Attribute = { AttributeName: string; AttributeType: string };

const listIn = <T>(properties: Readonly<Record<string, unknown>> = {}, name: string): T[] => {
  const list = properties[name] ?? [];
  if (!Array.isArray(list)) throw new Error(`${name} is no list.`);
  return list;
};

describe.each(keptVersions)('the template, deployed over version %s,', (version) => {
  const { template } = keptVersion(version);
  const stateful = Object.entries(template.Resources).filter(([, { Type }]) => Type in replacing);
  const idsOf = (type: string) =>
    stateful.filter(([, { Type }]) => Type === type).map(([logicalId]) => logicalId);
  const properties = (logicalId: string) => template.Resources[logicalId]?.Properties;
  const propertiesNow = (logicalId: string) => today.Resources[logicalId]?.Properties;

  it('has tables, queues and secrets to keep', () => {
    expect(Object.keys(replacing).map((type) => idsOf(type).length > 0)).toEqual([
      true,
      true,
      true,
    ]);
  });

  it.each(stateful)('keeps %s as what it is, with what it holds', (logicalId, { Type }) => {
    expect(today.Resources[logicalId]?.Type).toBe(Type);
    for (const name of replacing[Type] ?? []) {
      expect([name, propertiesNow(logicalId)?.[name]]).toEqual([
        name,
        properties(logicalId)?.[name],
      ]);
    }
  });

  it.each(idsOf('AWS::SecretsManager::Secret'))('writes no new value into %s', (logicalId) => {
    for (const name of rewriting) {
      expect(propertiesNow(logicalId)?.[name]).toEqual(properties(logicalId)?.[name]);
    }
  });

  it.each(idsOf('AWS::DynamoDB::Table'))('leaves the indexes of %s as they are', (logicalId) => {
    const before = listIn<Index>(properties(logicalId), 'GlobalSecondaryIndexes');
    const now = listIn<Index>(propertiesNow(logicalId), 'GlobalSecondaryIndexes');
    for (const index of before) {
      expect(now.find(({ IndexName }) => IndexName === index.IndexName)).toEqual(index);
    }
    // DynamoDB makes one index in one deployment.
    expect(now.length - before.length).toBeLessThanOrEqual(1);
  });

  it.each(idsOf('AWS::DynamoDB::Table'))('leaves the key attributes of %s their types', (id) => {
    const now = listIn<Attribute>(propertiesNow(id), 'AttributeDefinitions');
    for (const attribute of listIn<Attribute>(properties(id), 'AttributeDefinitions')) {
      expect(now).toContainEqual(attribute);
    }
  });

  it.each(idsOf('AWS::DynamoDB::Table'))('expires the rows of %s as before', (id) => {
    const expiry = propertiesNow(id)?.['TimeToLiveSpecification'];
    expect(expiry).toEqual(properties(id)?.['TimeToLiveSpecification']);
  });

  it('has all the outputs that commands and people read', () => {
    expect(Object.keys(today.Outputs)).toEqual(
      expect.arrayContaining(Object.keys(template.Outputs)),
    );
  });

  it('keeps the address that Polar posts to', () => {
    const apis = Object.entries(template.Resources).filter(
      ([, { Type }]) => Type === 'AWS::ApiGatewayV2::Api',
    );
    expect(apis).toHaveLength(1);
    for (const [logicalId, { Type }] of apis) {
      expect(today.Resources[logicalId]?.Type).toBe(Type);
    }
  });
});
