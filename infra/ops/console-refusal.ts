import * as z from 'zod';
import { type DoorAnswer, doorPage } from './console-page.ts';

const refusalSchema = z.union([
  z.object({ message: z.string() }).transform(({ message }) => message),
  z.object({ Message: z.string() }).transform(({ Message }) => Message),
]);

/** What API Gateway says where it answers by itself. Every answer of the console has a policy for its content. */
export function refusalOfGateway({ status, headers }: Response, body: Buffer): string | undefined {
  if (status < 400 || headers.has('content-security-policy')) return undefined;
  try {
    return refusalSchema.safeParse(JSON.parse(body.toString())).data;
  } catch {
    return undefined;
  }
}

export type Person = Readonly<{
  /** What has to be attached to those who are to use the console. */
  policyArn: string | undefined;
  /** The ARN of whose credentials sign, where it can be found out. */
  whoAmI: () => Promise<string | undefined>;
}>;

/** Says to the person what to do about it. */
export async function refusalPage(
  status: number,
  refusal: string,
  { policyArn, whoAmI }: Person,
): Promise<DoorAnswer> {
  if (status !== 403) {
    return doorPage(
      status,
      'The console did not answer',
      `API Gateway says: ${ended(refusal)} Try again; if it stays so, read the log of the function console.`,
    );
  }
  if (/token.*expired/i.test(refusal)) {
    return doorPage(
      403,
      'Your credentials have expired',
      `AWS says: ${ended(refusal)} ${logInAgain}`,
    );
  }
  if (/signature|security token/i.test(refusal)) {
    return doorPage(
      403,
      'AWS does not accept your credentials',
      `AWS says: ${ended(refusal)} ${logInAgain} If that does not help, see whether this machine's clock is right.`,
    );
  }
  const person = (await whoAmI()) ?? 'the person whose AWS credentials are used here';
  const policy = policyArn ?? 'of the output ConsolePolicyArn';
  return doorPage(
    403,
    'You may not use this console',
    `AWS does not let in ${person}. Somebody who administers the account has to attach the policy ${policy} to that user or role; then reload this page.`,
  );
}

function ended(sentence: string): string {
  return sentence.replace(/[.\s]*$/, '.');
}

const logInAgain =
  'Log in again, for example with "aws sso login", and reload this page; if it stays so, start "npm run console" again. Nothing was changed.';

/** For what `signedFetch` throws. */
export function failurePage(error: unknown): DoorAnswer {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === 'TimeoutError') {
    return doorPage(
      504,
      'The console did not answer in time',
      'Nobody knows whether it did what you asked for: look before you try again.',
    );
  }
  if (/Provider|Token|Credential/.test(name)) {
    const [firstLine] = message.split('\n');
    return doorPage(401, 'No AWS credentials can be used', `${firstLine} ${logInAgain}`);
  }
  return doorPage(
    502,
    'The console cannot be reached',
    'API Gateway did not answer. Does the network work? Look before you repeat what you did last.',
  );
}
