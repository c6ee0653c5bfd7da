import { Advice } from '#infra/terminal/advice.ts';
import { type Act, parsed, program, text, wholeNumber } from '#infra/terminal/command-line.ts';
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
      'Acts as Polar: makes up an event, signs it and posts it to the local stack. Whoever gives --url and --secret posts it elsewhere.',
    )
    .argument(
      '[event]',
      `${supportedEventTypes.join(', ')}; or purchase: the four events of a new subscription, in random order; or life: whole lives with the clock (life --help)`,
    )
    .argument('[more...]', 'one thing at a time')
    .addOption(text('--file <file>', 'send whatever the file holds'))
    .addOption(text('--email <address>', 'the customer').default('ada@example.com'))
    .addOption(
      text('--name <name>', 'the name of the customer; else as it was before, or Ada Lovelace'),
    )
    .addOption(text('--external-id <id>', 'the external id of the customer; else as it was before'))
    .addOption(
      text(
        '--customer-id <uuid>',
        "the customer's id in Polar; usually it follows from the address, so that commands about one address are about one customer, until that one is deleted",
      ),
    )
    .addOption(
      parsed(
        '--count <n>',
        'how many to send, for n customers (ada+1@example.com, …)',
        wholeNumber('--count', 1, 10_000),
      ).default(1),
    )
    .addOption(text('--webhook-id <id>', 'to deliver the same webhook again'))
    .addOption(text('--url <url>', 'where to, instead of the local stack'))
    .addOption(
      text('--secret <secret>', 'signed with what, instead of the secret of the local stack'),
    )
    .option('--legacy-secret-reading', 'sign as Polar does with secrets from before 2026-09-08')
    .action((event, more, { file, externalId, legacySecretReading, ...given }) =>
      act({
        what: whatToSend(event === undefined ? [] : [event, ...more], file),
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

function whatToSend(words: readonly string[], file: string | undefined): PolarOptions['what'] {
  const [word, ...others] = words;
  if (file !== undefined && word === undefined) return { kind: 'file', path: file };
  const known = `An event is one of: ${supportedEventTypes.join(', ')}; or "purchase", or a file with --file.`;
  if (word === undefined) throw new Advice(`Say which event to send. ${known}`);
  if (others.length > 0 || file !== undefined)
    throw new Advice(`Send one thing at a time. ${known}`);
  if (word === 'purchase') return { kind: 'purchase' };
  const type = supportedEventTypes.find((supported) => supported === word);
  if (type === undefined) throw new Advice(`There is no event "${word}". ${known}`);
  return { kind: 'event', type };
}
