import { inspect } from 'node:util';
import * as z from 'zod';
import { printAside } from './lines.ts';

/** A failure that its message fully explains to the person at the keyboard: shown alone, without a stack. */
export class Advice extends Error {
  override readonly name = 'Advice';
}

/** What a command found out leaves something to do: neither done nor failed. */
export const foundSomethingToDo = 2;

/** As a shell reports a program that a person ended with Ctrl-C. */
export const endedByPerson = 130;

/** As a shell reports a program that wrote into a closed pipe. */
const closedPipe = 141;

/**
 * `… | head` closes the pipe when it has enough: the command ends without a word. Its exit code tells that it may not
 * have done its work.
 */
export function endQuietlyWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(closedPipe);
  });
}

/**
 * Runs a command of the engineer's. What it throws as Advice is shown as its sentence alone; exit code 1, unless a
 * person ended it.
 */
export async function runCommand(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (process.exitCode !== endedByPerson) process.exitCode = 1;
    printAside(error instanceof Advice ? error.message : inspect(error));
  }
}

/**
 * Asks AWS or the local stack. What they refuse becomes Advice, which ends with where it was asked, if that is not
 * known yet to who reads it.
 */
export async function withAdvice<Answer>(
  ask: () => Promise<Answer>,
  where?: () => string,
): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    const sentence = sentenceOf(error);
    if (sentence === undefined) throw error;
    throw new Advice(where ? `${sentence} ${where()}` : sentence, { cause: error });
  }
}

const errorSchema = z.object({
  name: z.string(),
  message: z.string(),
  code: z.string().optional(),
  $metadata: z.object({}).optional(),
});

/** `undefined`: nothing is known of this error, so it is shown with all that it says. */
function sentenceOf(error: unknown): string | undefined {
  if (error instanceof Advice) return undefined;
  if (error instanceof z.core.$ZodError) return unreadableRow(error);
  const { name, message, code, $metadata } = errorSchema.safeParse(error).data ?? {};
  if (name === undefined || message === undefined) return undefined;
  const [firstLine] = message.split('\n');
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') {
    return `No usable AWS credentials (${firstLine?.replace(/\.$/, '')}). Log in, for example with "aws sso login", and set AWS_PROFILE unless you use the default profile.`;
  }
  if (message.includes('Region is missing')) {
    return 'No AWS region is set. Pass one, such as --region eu-west-1, or set AWS_REGION.';
  }
  if (/^(ExpiredToken|UnrecognizedClient|InvalidClientTokenId)/.test(name)) {
    return `AWS rejected your credentials (${firstLine}). Log in again.`;
  }
  if (code !== undefined && /^(ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT)/.test(code)) {
    const why = firstLine?.includes(code) ? firstLine : code;
    return /^(ENOTFOUND|EAI_AGAIN)/.test(code)
      ? `Can't reach AWS (${why}). Check your network and the region.`
      : `Connection failed (${why}). Check your network; a local stack may be starting or stopping.`;
  }
  if (name === 'ValidationException' && /keys? has exceeded the .*size limit/.test(message)) {
    return tooLongId;
  }
  if ($metadata) return `AWS refused the request: ${name}: ${firstLine}`;
  return undefined;
}

const tooLongId =
  'Nothing has an id that long: 2,048 bytes at most. Check the id, and run it again.';

function unreadableRow(error: z.core.$ZodError): string {
  const fields = error.issues.map(({ path }) => path.join('.')).join(', ');
  return `A table row isn't in the format that this version writes. Check these fields: ${fields}.`;
}
