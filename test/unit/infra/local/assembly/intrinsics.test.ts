import { expect, test } from 'vitest';
import { localIdentities, resolveIntrinsics, templateOf } from '#infra/local/assembly/template.ts';

const template = templateOf('PolarAudience-local', {
  Resources: {
    Contacts: { Type: 'AWS::DynamoDB::Table' },
    EventsQueue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'events' } },
    WebhookSecret: { Type: 'AWS::SecretsManager::Secret' },
    Worker: { Type: 'AWS::Lambda::Function' },
    Api: { Type: 'AWS::ApiGatewayV2::Api' },
    Unknown: { Type: 'AWS::CloudFront::Distribution' },
  },
});
const addresses = { sqs: 'http://127.0.0.1:4702', http: 'http://127.0.0.1:4700' };
const { resolve, nameOf } = localIdentities(template, addresses);

test.each([
  ['a table', { Ref: 'Contacts' }, 'PolarAudience-local-Contacts'],
  ['a queue', { Ref: 'EventsQueue' }, 'http://127.0.0.1:4702/000000000000/events'],
  ['an ARN', { 'Fn::GetAtt': ['EventsQueue', 'Arn'] }, 'arn:aws:sqs:us-east-1:000000000000:events'],
  [
    'an ARN with a dot',
    { 'Fn::GetAtt': 'Worker.Arn' },
    expect.stringMatching(/:PolarAudience-local-Worker$/),
  ],
  [
    'a secret',
    { Ref: 'WebhookSecret' },
    expect.stringMatching(/:secret:WebhookSecret-local-000000$/),
  ],
  ['a pseudo parameter', { Ref: 'AWS::Region' }, 'us-east-1'],
  [
    'a join',
    { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['Api', 'ApiEndpoint'] }, '/webhooks']] },
    'http://127.0.0.1:4700/webhooks',
  ],
  [
    'a choice of parts',
    { 'Fn::Select': [1, { 'Fn::Split': ['-', { Ref: 'AWS::StackName' }] }] },
    'local',
  ],
  [
    'a substitution',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the template's own placeholders
    { 'Fn::Sub': '${AWS::Partition} ${Contacts} ${Worker.Arn} ${!kept}' },
    expect.stringMatching(/^aws PolarAudience-local-Contacts arn:.*Worker \$\{kept\}$/),
  ],
  [
    'a substitution with variables',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the template's own placeholders
    { 'Fn::Sub': ['${who}!', { who: { Ref: 'Contacts' } }] },
    'PolarAudience-local-Contacts!',
  ],
  [
    'plain data',
    { a: [1, { b: { Ref: 'AWS::AccountId' } }], c: null },
    { a: [1, { b: '000000000000' }], c: null },
  ],
])('%s of the template is resolved', (_, value, expected) => {
  expect(resolve(value)).toEqual(expected);
});

test('the names of resources are theirs', () => {
  expect(['Contacts', 'EventsQueue', 'WebhookSecret'].map(nameOf)).toEqual([
    'PolarAudience-local-Contacts',
    'events',
    'WebhookSecret-local',
  ]);
});

test.each([
  ['an intrinsic function that is not known', { 'Fn::ImportValue': 'x' }, /Fn::ImportValue/],
  ['a resource that is not there', { Ref: 'Missing' }, /no resource Missing/],
  [
    'an attribute that has no local value',
    { 'Fn::GetAtt': ['Unknown', 'DomainName'] },
    /Unknown.DomainName/,
  ],
])('%s stops the start', (_, value, message) => {
  expect(() => resolve(value)).toThrow(message);
});

test('an object with more keys than one is data, whatever they are called', () => {
  expect(resolveIntrinsics({ Ref: 'x', other: 1 }, () => 'resolved')).toEqual({
    Ref: 'x',
    other: 1,
  });
});
