import { Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import * as z from 'zod';
import { type Identities, localIdentities, readTemplate } from '#infra/local/assembly/template.ts';
import { type LoopbackServer, serveOnLoopback } from '#infra/local/http/loopback-server.ts';
import { localAccount, localRegion } from '#infra/local/local-account.ts';
import type { Service } from '#infra/local/local-stack.ts';
import { contentOf, operationOf, passedOn, reply } from '../polar/passed-on.ts';
import { type Access, applies, isAllowed, type Statement, statementsByFunction } from './iam.ts';

/** A call as it was made. */
export type MadeCall = Readonly<{
  /** Whose credentials signed it: those of a local function are its logical id. */
  caller: string;
  operation: string;
  target: string;
  body: string;
}>;

/** Notes the calls that come to the emulators of a local stack. Hand it `inFront`. */
export function recordedCalls() {
  const calls: MadeCall[] = [];
  const proxies: LoopbackServer[] = [];
  return {
    calls,
    async inFront(_: Service, address: string): Promise<string> {
      const proxy = await startRecorder(address, (call) => calls.push(call));
      proxies.push(proxy);
      return proxy.address;
    },
    async stop(): Promise<void> {
      for (const proxy of proxies) await proxy.stop();
    },
  };
}

/** Passes every call on, and notes those that somebody signed. */
function startRecorder(address: string, onCall: (call: MadeCall) => void) {
  const agent = new Agent({ keepAlive: true });
  const pass = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await contentOf(incoming);
    const { authorization = '', 'x-amz-target': target = '' } = incoming.headers;
    const [, caller] = /Credential=([^/,\s]+)\//.exec(authorization) ?? [];
    if (caller !== undefined) {
      const operation = operationOf(incoming);
      onCall({ caller, operation, target: String(target), body: body.toString() });
    }
    reply(response, await passedOn(incoming, body, address, agent));
  };
  return serveOnLoopback(pass, 0, 'the recorder of calls');
}

const arn = (service: string, resource: string) =>
  `arn:aws:${service}:${localRegion}:${localAccount}:${resource}`;

/**
 * What AWS would have to allow for a call, which may be several things. `known`: what SES knows as identities of the
 * account. Throws on a call that the tests do not know.
 */
export function accessesOf(
  { operation, target, body }: Omit<MadeCall, 'caller'>,
  known: readonly string[],
): Access[] {
  if (target.startsWith('DynamoDB_')) return dynamoAccesses(operation, JSON.parse(body));
  if (target.startsWith('AmazonSQS.')) return [queueAccess(operation, JSON.parse(body))];
  if (target.startsWith('secretsmanager.')) return [secretAccess(operation, JSON.parse(body))];
  if (operation === 'POST /v2/email/outbound-emails') return mailAccesses(JSON.parse(body), known);
  if (operation.startsWith('DELETE /v2/email/suppression/addresses/')) {
    return [{ action: 'ses:DeleteSuppressedDestination', resource: '*', context: {} }];
  }
  throw new Error(`The tests do not know what ${operation} needs in IAM.`);
}

const tableSchema = z.object({ TableName: z.string(), IndexName: z.string().optional() });
const batchSchema = z.object({ RequestItems: z.record(z.string(), z.unknown()) });
const transactionSchema = z.object({
  TransactItems: z.array(z.record(z.string(), tableSchema)),
});
const transacted: Readonly<Record<string, string>> = {
  ConditionCheck: 'ConditionCheckItem',
  Delete: 'DeleteItem',
  Get: 'GetItem',
  Put: 'PutItem',
  Update: 'UpdateItem',
};

/** A transaction needs the permission of each of its parts, and none of its own. */
function dynamoAccesses(operation: string, body: unknown): Access[] {
  const on = (call: string, table: string, index?: string): Access => ({
    action: `dynamodb:${call}`,
    resource: arn('dynamodb', `table/${table}${index === undefined ? '' : `/index/${index}`}`),
    context: {},
  });
  if (operation.startsWith('Transact')) {
    const { TransactItems } = transactionSchema.parse(body);
    return TransactItems.flatMap((item) =>
      Object.entries(item).map(([kind, { TableName }]) =>
        on(transacted[kind] ?? `unknown ${kind}`, TableName),
      ),
    );
  }
  if (operation.startsWith('Batch')) {
    return Object.keys(batchSchema.parse(body).RequestItems).map((table) => on(operation, table));
  }
  const { TableName, IndexName } = tableSchema.parse(body);
  return [on(operation, TableName, IndexName)];
}

/** IAM knows a batch by the name of what it consists of. */
function queueAccess(operation: string, body: unknown): Access {
  const { QueueUrl } = z.object({ QueueUrl: z.string() }).parse(body);
  return {
    action: `sqs:${operation.replace(/Batch$/, '')}`,
    resource: arn('sqs', QueueUrl.split('/').at(-1) ?? ''),
    context: {},
  };
}

function secretAccess(operation: string, body: unknown): Access {
  const { SecretId } = z.object({ SecretId: z.string() }).parse(body);
  return { action: `secretsmanager:${operation}`, resource: SecretId, context: {} };
}

const mailSchema = z.object({
  FromEmailAddress: z.string(),
  Destination: z.object({ ToAddresses: z.array(z.string()) }),
  ConfigurationSetName: z.string().optional(),
});

/**
 * SES asks for the configuration set, the identity of the sender and, where what gets the mail is an identity of this
 * account, too, for that.
 */
function mailAccesses(body: unknown, known: readonly string[]): Access[] {
  const { FromEmailAddress, Destination, ConfigurationSetName } = mailSchema.parse(body);
  const from = /<([^<>]*)>\s*$/.exec(FromEmailAddress)?.[1] ?? FromEmailAddress;
  const sender = identityOf(from, known) ?? from;
  const recipients = Destination.ToAddresses.flatMap((to) => identityOf(to, known) ?? []);
  const resources = [sender, ...recipients].map((identity) => `identity/${identity}`);
  if (ConfigurationSetName) resources.push(`configuration-set/${ConfigurationSetName}`);
  return resources.map((resource) => ({
    action: 'ses:SendEmail',
    resource: arn('ses', resource),
    context: { 'ses:FromAddress': from },
  }));
}

/** The address itself, else its domain, else the next domain above: the first that is known. */
function identityOf(address: string, known: readonly string[]): string | undefined {
  const names = new Map(known.map((name) => [name.toLowerCase(), name]));
  const exact = names.get(address.toLowerCase());
  const labels = address
    .slice(address.lastIndexOf('@') + 1)
    .toLowerCase()
    .split('.');
  const domains = labels.map((_, index) => labels.slice(index).join('.'));
  return exact ?? domains.map((domain) => names.get(domain)).find((name) => name !== undefined);
}

/** The calls of a local stack, held against the policies of its template. */
export async function comparedWithPolicies(assembly: string, made: readonly MadeCall[]) {
  const addresses = { sqs: 'http://sqs', http: 'http://api' };
  return comparedWith(localIdentities(await readTemplate(assembly), addresses), made);
}

/**
 * What the policies would not have allowed, and by function what they allow and it did not do. Functions that made no
 * call are left out; each is named by its place in the stack.
 */
export function comparedWith(identities: Identities, made: readonly MadeCall[]) {
  const known = identities
    .ofType('AWS::SES::EmailIdentity')
    .map(({ properties }) => String(properties['EmailIdentity']));
  const refused = new Set<string>();
  const unused = new Map<string, string[]>();
  for (const [logicalId, statements] of statementsByFunction(identities)) {
    const own = made.filter((call) => call.caller === logicalId);
    const name = logicalId.replace(/(Function)?[0-9A-F]{8}$/, '');
    const accesses = own.flatMap((call) => accessesOf(call, known));
    for (const access of accesses) {
      if (!isAllowed(statements, access)) refused.add(`${name}: ${shown(access)}`);
    }
    if (own.length > 0) unused.set(name, unusedGrants(statements, accesses));
  }
  return { refused: [...refused], unused: Object.fromEntries(unused) };
}

const shown = ({ action, resource }: Pick<Access, 'action' | 'resource'>) =>
  `${action} ${resource.replace(/^arn:aws:([^:]*:){3}(table\/)?/, '').replace('PolarAudience-local-', '')}`;

function unusedGrants(statements: readonly Statement[], made: readonly Access[]): string[] {
  const grants = statements
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap((statement) =>
      statement.Action.flatMap((action) =>
        statement.Resource.map((resource) => ({
          ...statement,
          Action: [action],
          Resource: [resource],
          shown: shown({ action, resource }),
        })),
      ),
    );
  return grants
    .filter((grant) => !made.some((access) => applies(grant, access)))
    .map((grant) => grant.shown);
}
