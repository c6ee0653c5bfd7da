import { Advice } from '#infra/terminal/advice.ts';
import { type Act, parsed, program, text, wholeNumber } from '#infra/terminal/command-line.ts';
import { typedAddressProblem } from '#shared/audience/person/address.ts';
import { type SupportedEventType, supportedEventTypes } from '#shared/polar/event-types.ts';

export type PolarOptions = Readonly<{
  what:
    | { kind: 'event'; type: SupportedEventType }
    | { kind: 'purchase' }
    | { kind: 'file'; path: string };
  email: string;
  name: string | undefined;
  externalId: string | undefined;
  customerId: string | undefined;
  count: number;
  webhookId: string | undefined;
  url: string | undefined;
  secret: string | undefined;
  secretReading: 'decoded' | 'whole';
}>;

/** The words of `npm run polar`. Help goes to `print`. */
export function polarProgram(act: Act<PolarOptions>, print?: (line: string) => void) {
  return program('npm run polar', print)
    .usage('-- <event> [options]')
    .description(
      'Acts as Polar: makes up an event, signs it, and posts it to the local stack, or elsewhere with --url and --secret.',
    )
    .argument(
      '[event]',
      `${supportedEventTypes.join(', ')}; purchase: the four events of a new subscription, in random order; life: the whole life of a subscription (see life --help)`,
    )
    .allowExcessArguments()
    .addOption(text('--file <file>', 'send the contents of this file'))
    .addOption(
      parsed(
        '--email <address>',
        "the customer's address; only --file sends one that no mail could reach",
        typedAddress,
      ).default('ada@example.com'),
    )
    .addOption(
      text('--name <name>', "the customer's name (default: the one sent before, or Ada Lovelace)"),
    )
    .addOption(
      text('--external-id <id>', "the customer's external id (default: the one sent before)"),
    )
    .addOption(
      text(
        '--customer-id <uuid>',
        "the customer's id in Polar (default: made from the address, so one address is one customer until it is deleted)",
      ),
    )
    .addOption(
      parsed(
        '--count <n>',
        'send n, for n customers (ada+1@example.com, …)',
        wholeNumber('--count', 1, 10_000),
      ).default(1),
    )
    .addOption(text('--webhook-id <id>', 'send it under this id; reusing an id redelivers it'))
    .addOption(text('--url <url>', 'post to this URL instead of the local stack'))
    .addOption(text('--secret <secret>', "sign with this secret instead of the local stack's"))
    .option('--legacy-secret-reading', 'sign as Polar does with secrets from before 2026-09-08')
    .action((_, { file, externalId, legacySecretReading, ...given }, { args }) =>
      act({
        what: whatToSend(args, file),
        email: given.email,
        name: given.name,
        externalId,
        customerId: given.customerId,
        count: given.count,
        webhookId: given.webhookId,
        url: given.url,
        secret: given.secret,
        secretReading: legacySecretReading ? 'whole' : 'decoded',
      }),
    );
}

function typedAddress(given: string): string {
  const problem = typedAddressProblem(given);
  if (problem !== undefined) throw new Advice(`--email: ${problem}`);
  return given.trim();
}

/** All words are taken, so that a second event is told what to do and not that it is one word too many. */
function whatToSend(words: readonly string[], file: string | undefined): PolarOptions['what'] {
  const [word, ...others] = words;
  if (file !== undefined && word === undefined) return { kind: 'file', path: file };
  const known = `Events: ${supportedEventTypes.join(', ')}; "purchase", or a file with --file.`;
  if (word === undefined) throw new Advice(`Pass the event to send. ${known}`);
  if (others.length > 0 || file !== undefined)
    throw new Advice(`Send one thing at a time. ${known}`);
  if (word === 'purchase') return { kind: 'purchase' };
  const type = supportedEventTypes.find((supported) => supported === word);
  if (type === undefined) throw new Advice(`Unknown event "${word}". ${known}`);
  return { kind: 'event', type };
}
