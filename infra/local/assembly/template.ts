import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { Advice } from '#infra/terminal/advice.ts';
import { localAccount, localRegion } from '../local-account.ts';

/** Gives the value of a resource's `Ref` (no attribute) or of one of its attributes. */
type Lookup = (logicalId: string, attribute?: string) => string;

/**
 * Replaces the intrinsic functions of a template's value by what they stand for. Throws on one that
 * is not known here, so that nothing is started with half an environment.
 */
export function resolveIntrinsics(value: unknown, lookup: Lookup): unknown {
  if (Array.isArray(value)) return value.map((item) => resolveIntrinsics(item, lookup));
  if (!isObject(value)) return value;
  const [[name, argument] = ['', undefined], ...others] = Object.entries(value);
  if (others.length === 0 && (name === 'Ref' || name.startsWith('Fn::'))) {
    return call(name, argument, lookup);
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, resolveIntrinsics(item, lookup)]),
  );
}

function call(name: string, argument: unknown, lookup: Lookup): unknown {
  if (name === 'Fn::Sub') return substitute(argument, lookup);
  const resolved = resolveIntrinsics(argument, lookup);
  const [first, second] = Array.isArray(resolved) ? resolved : [];
  switch (name) {
    case 'Ref':
      return lookup(text(resolved));
    case 'Fn::GetAtt':
      return attribute(resolved, lookup);
    case 'Fn::Join':
      return list(second).map(text).join(text(first));
    case 'Fn::Split':
      return text(second).split(text(first));
    case 'Fn::Select':
      return list(second)[Number(first)];
    default:
      throw new Error(`The template uses ${name}, which the local stack cannot resolve.`);
  }
}

function attribute(argument: unknown, lookup: Lookup): string {
  const [logicalId = '', ...path] = Array.isArray(argument)
    ? argument.map(text)
    : text(argument).split('.');
  return lookup(logicalId, path.join('.'));
}

function substitute(argument: unknown, lookup: Lookup): string {
  const [pattern, variables] = Array.isArray(argument) ? argument : [argument, {}];
  const values = resolveIntrinsics(variables, lookup);
  return text(pattern).replaceAll(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
    if (literal) return `\${${name}}`;
    if (isObject(values) && name in values) return text(values[name]);
    return attribute(name, (id, path) => lookup(id, path === '' ? undefined : path));
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`The template has ${JSON.stringify(value)} where a text belongs.`);
}

function list(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`The template has ${JSON.stringify(value)} where a list belongs.`);
}

type Addresses = Readonly<{ sqs: string; http: string }>;

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

const manifestSchema = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      type: z.string(),
      properties: z.object({ templateFile: z.string().optional() }).loose().optional(),
    }),
  ),
});

const assetsSchema = z.object({
  files: z.record(z.string(), z.object({ source: z.object({ path: z.string().optional() }) })),
});

const templateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }),
  ),
  Outputs: z.record(z.string(), z.object({ Value: z.unknown() })).default({}),
});

export type Resource = Readonly<{
  logicalId: string;
  type: string;
  properties: Readonly<Record<string, unknown>>;
}>;

export type Template = Readonly<{
  stackName: string;
  resources: ReadonlyMap<string, Resource>;
  /** Their values, unresolved. */
  outputs: ReadonlyMap<string, unknown>;
  /** The directory of a bundle, by the hash that its S3 key begins with. */
  bundles: ReadonlyMap<string, string>;
}>;

/** Reads the one stack of a cloud assembly, as `cdk synth` writes it. */
export async function readTemplate(assembly: string): Promise<Template> {
  const read = async (file: string): Promise<unknown> =>
    JSON.parse(await readFile(join(assembly, file), 'utf8'));
  const { artifacts } = manifestSchema.parse(await read('manifest.json'));
  const stacks = Object.entries(artifacts).filter(([, { type }]) => type === stackArtifact);
  const [stackName, stack] = stacks[0] ?? [];
  const file = stack?.properties?.templateFile;
  if (stackName === undefined || file === undefined || stacks.length > 1) {
    throw new Error(`${assembly} should hold one stack, not ${stacks.length}.`);
  }
  const assets = assetsSchema.parse(await read(`${stackName}.assets.json`));
  const bundles = Object.entries(assets.files).flatMap(([hash, { source }]) =>
    source.path === undefined ? [] : [[hash, join(assembly, source.path)] as const],
  );
  return templateOf(stackName, await read(file), new Map(bundles));
}

const stackArtifact = 'aws:cloudformation:stack';

/** A template that is in memory already, such as the one that `Template.fromStack` gives a test. */
export function templateOf(
  stackName: string,
  document: unknown,
  bundles: ReadonlyMap<string, string> = new Map(),
): Template {
  const { Resources, Outputs } = templateSchema.parse(document);
  const resources = Object.entries(Resources).map(
    ([logicalId, { Type, Properties }]) =>
      [logicalId, { logicalId, type: Type, properties: Properties }] as const,
  );
  const outputs = Object.entries(Outputs).map(([name, { Value }]) => [name, Value] as const);
  return { stackName, resources: new Map(resources), outputs: new Map(outputs), bundles };
}
