import { randomBytes, randomInt } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import * as z from 'zod';
import type { Identities, Resource } from '#infra/local/assembly/template.ts';
import { bodyOf, type LoopbackServer, serveOnLoopback } from '#infra/local/http/loopback-server.ts';
import { localAccount, localRegion } from '#infra/local/local-account.ts';

/** Secret values by physical name. */
export type SecretStore = Readonly<{
  get: (name: string) => string | undefined;
  put: (name: string, value: string) => Promise<void>;
}>;

const storedSchema = z.record(z.string(), z.string());

/** Secrets in a file that only its owner can read, or in memory if there is no file. */
export async function secretStore(file?: string): Promise<SecretStore> {
  const values = file === undefined ? {} : await readSecrets(file);
  let written = Promise.resolve();
  return {
    get: (name) => values[name],
    put: (name, value) => {
      values[name] = value;
      if (file !== undefined) written = written.then(() => save(file, { ...values }));
      return written;
    },
  };
}

/** The secrets that a local stack keeps in this file; none if it has not been started yet. */
export async function readSecrets(file: string): Promise<Record<string, string>> {
  try {
    return storedSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
}

async function save(file: string, values: Record<string, string>): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(values, undefined, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

const generatedSchema = z.object({
  PasswordLength: z.number().default(32),
  ExcludePunctuation: z.boolean().exactOptional(),
});

/** What CloudFormation would put into a new secret. */
export function initialSecret({ properties }: Resource): string {
  const { SecretString: given, GenerateSecretString: generate } = properties;
  if (typeof given === 'string') return given;
  const { PasswordLength } = generatedSchema.parse(generate ?? {});
  return Array.from({ length: PasswordLength }, () => letters[randomInt(letters.length)]).join('');
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

const requestSchema = z.object({ SecretId: z.string(), SecretString: z.string().exactOptional() });

/**
 * Secrets Manager's JSON protocol, as far as the functions and the AWS CLI need it to read and set
 * a value. Whatever else is asked of it, it refuses: the SDK sends calls to services here that have
 * no stand-in.
 */
export function startSecretsManager(
  store: SecretStore,
  port: number,
  now = () => new Date(),
): Promise<LoopbackServer> {
  const written = { atMs: new Map<string, number>(), now };
  return serveOnLoopback(
    async (request, response) => {
      const body = await bodyOf(request);
      const action = String(request.headers['x-amz-target'] ?? '').replace('secretsmanager.', '');
      const { status, answer } = await act(action, body.toString(), store, written);
      send(response, status, answer);
    },
    port,
    'the local Secrets Manager',
  );
}

type Answer = { status: number; answer: Record<string, unknown> };

type Written = Readonly<{ atMs: Map<string, number>; now: () => Date }>;

async function act(
  action: string,
  body: string,
  store: SecretStore,
  written: Written,
): Promise<Answer> {
  if (action !== 'GetSecretValue' && action !== 'PutSecretValue') {
    return refusal('UnknownOperationException', 'This call has no stand-in on this machine.');
  }
  const { SecretId, SecretString } = requestSchema.parse(JSON.parse(body));
  const name = SecretId.replace(/^arn:.*:secret:(.*)-[^-]{6}$/, '$1');
  const found = store.get(name);
  if (found === undefined) {
    return refusal('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }
  const identity = {
    ARN: `arn:aws:secretsmanager:${localRegion}:${localAccount}:secret:${name}-000000`,
    Name: name,
    VersionId: '00000000-0000-0000-0000-000000000000',
    VersionStages: ['AWSCURRENT'],
  };
  if (action === 'GetSecretValue') {
    const atMs = written.atMs.get(name);
    const created = atMs !== undefined && { CreatedDate: atMs / 1_000 };
    return { status: 200, answer: { ...identity, ...created, SecretString: found } };
  }
  if (SecretString === undefined) {
    return refusal('InvalidParameterException', 'You must provide SecretString.');
  }
  await store.put(name, SecretString);
  written.atMs.set(name, written.now().getTime());
  return { status: 200, answer: identity };
}

function refusal(type: string, message: string): Answer {
  return { status: 400, answer: { __type: type, Message: message, message } };
}

function send(response: ServerResponse, status: number, answer: Record<string, unknown>): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify(answer));
}

const documentSchema = z.object({ current: z.string() });

/** Gives every secret of the stack that has none yet a value, as CloudFormation would. */
export async function fillSecrets(store: SecretStore, identities: Identities): Promise<void> {
  for (const secret of identities.ofType('AWS::SecretsManager::Secret')) {
    const name = identities.nameOf(secret.logicalId);
    if (store.get(name) === undefined) await store.put(name, initialSecret(secret));
  }
}

/**
 * The secret that the local webhooks are signed with. In AWS a person copies it from Polar; here one
 * of Polar's present form is made up at the first start.
 */
export async function webhookSecret(store: SecretStore, name: string): Promise<string> {
  const set = currentSecret(store.get(name));
  if (set) return set;
  const current = `whsec_${randomBytes(32).toString('base64')}`;
  await store.put(name, JSON.stringify({ current, isStandIn: true }));
  return current;
}

/** What a secret document says is the current one: empty or undefined if that was not set. */
export function currentSecret(document: string | undefined): string | undefined {
  return document === undefined ? undefined : documentSchema.parse(JSON.parse(document)).current;
}
