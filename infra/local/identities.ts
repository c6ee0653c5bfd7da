import { Advice } from './advice.ts';
import { type Lookup, resolveIntrinsics } from './intrinsics.ts';
import { localAccount, localRegion } from './local-account.ts';
import type { Resource, Template } from './template.ts';

export type Addresses = Readonly<{ sqs: string; http: string }>;

type Identity = Readonly<{
  name: string;
  ref: string;
  attributes: Readonly<Record<string, string>>;
}>;

export type Identities = Readonly<{
  /** The physical name of a table, queue, secret or function. */
  nameOf: (logicalId: string) => string;
  /** A value of the template with its intrinsic functions resolved. */
  resolve: (value: unknown) => unknown;
  /** All resources of a CloudFormation type, with resolved properties. */
  ofType: (type: string) => readonly Resource[];
}>;

/** Who the stack's resources are on this machine. The names stay the same from one start to the next. */
export function localIdentities(template: Template, addresses: Addresses): Identities {
  const lookup: Lookup = (logicalId, attribute) => {
    const pseudo = pseudoParameter(template.stackName, logicalId);
    if (pseudo !== undefined) return pseudo;
    const identity = identityOf(logicalId);
    const value = attribute === undefined ? identity.ref : identity.attributes[attribute];
    if (value === undefined) throw new Advice(`${logicalId}.${attribute} is not known locally.`);
    return value;
  };
  const identityOf = (logicalId: string): Identity => {
    const resource = template.resources.get(logicalId);
    if (!resource) throw new Error(`The template has no resource ${logicalId}.`);
    return identity(resource, template.stackName, addresses, lookup);
  };
  return {
    nameOf: (logicalId) => identityOf(logicalId).name,
    resolve: (value) => resolveIntrinsics(value, lookup),
    ofType: (type) =>
      [...template.resources.values()]
        .filter((resource) => resource.type === type)
        .map((resource) => ({ ...resource, properties: resolved(resource, lookup) })),
  };
}

function resolved({ properties }: Resource, lookup: Lookup): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [name, resolveIntrinsics(value, lookup)]),
  );
}

function pseudoParameter(stackName: string, name: string): string | undefined {
  switch (name) {
    case 'AWS::Region':
      return localRegion;
    case 'AWS::AccountId':
      return localAccount;
    case 'AWS::Partition':
      return 'aws';
    case 'AWS::URLSuffix':
      return 'localhost';
    case 'AWS::StackName':
      return stackName;
    case 'AWS::StackId':
      return `arn:aws:cloudformation:${localRegion}:${localAccount}:stack/${stackName}/00000000-0000-0000-0000-000000000000`;
    default:
      return undefined;
  }
}

function identity(
  { logicalId, type, properties }: Resource,
  stackName: string,
  addresses: Addresses,
  lookup: Lookup,
): Identity {
  const arn = (service: string, resource: string) =>
    `arn:aws:${service}:${localRegion}:${localAccount}:${resource}`;
  const named = (property: string, otherwise = `${stackName}-${logicalId}`) =>
    String(resolveIntrinsics(properties[property], lookup) ?? otherwise);
  switch (type) {
    case 'AWS::DynamoDB::Table': {
      const name = named('TableName');
      return { name, ref: name, attributes: { Arn: arn('dynamodb', `table/${name}`) } };
    }
    case 'AWS::SQS::Queue': {
      const name = named('QueueName');
      const ref = `${addresses.sqs}/${localAccount}/${name}`;
      return { name, ref, attributes: { Arn: arn('sqs', name), QueueName: name, QueueUrl: ref } };
    }
    case 'AWS::SecretsManager::Secret': {
      const name = named('Name', `${logicalId}-local`);
      return { name, ref: arn('secretsmanager', `secret:${name}-000000`), attributes: {} };
    }
    case 'AWS::Lambda::Function': {
      const name = named('FunctionName');
      return { name, ref: name, attributes: { Arn: arn('lambda', `function:${name}`) } };
    }
    case 'AWS::ApiGatewayV2::Api':
      return { name: logicalId, ref: logicalId, attributes: { ApiEndpoint: addresses.http } };
    default:
      // Something to point at, such as a log group: what really needs one fails on its attributes.
      return { name: logicalId, ref: logicalId, attributes: { Arn: arn('local', logicalId) } };
  }
}
