import { parseArgs } from 'node:util';
import { Advice } from '#infra/terminal/advice.ts';
import { type SupportedEventType, supportedEventTypes } from '#shared/polar/event-types.ts';

export const polarHelp = `Acts as Polar: makes up an event, signs it and posts it to the local stack.

  npm run polar -- <event>           one of ${supportedEventTypes.slice(0, 4).join(', ')},
                                     ${supportedEventTypes.slice(4, 7).join(', ')},
                                     ${supportedEventTypes.slice(7).join(', ')}
  npm run polar -- purchase          the four events of a new subscription, in random order
  npm run polar -- --file some.json  whatever the file holds

  --email, --name, --external-id     the customer (ada@example.com, Ada Lovelace, no external id)
  --customer-id <uuid>               the customer's id in Polar; usually it follows from the address, so
                                     that commands about one address are about one customer
  --count <n>                        so many of them, for n customers (ada+1@example.com, …)
  --webhook-id <id>                  to deliver the same webhook again
  --url, --secret                    where to, and signed with what, instead of the local stack
  --legacy-secret-reading            sign as Polar does with secrets from before 2026-09-08
  --help                             show this`;

export type PolarOptions = Readonly<{
  what:
    | { kind: 'event'; type: SupportedEventType }
    | { kind: 'purchase' }
    | { kind: 'file'; path: string };
  email: string;
  name: string;
  externalId: string | null;
  customerId: string | undefined;
  count: number;
  webhookId: string | undefined;
  url: string | undefined;
  secret: string | undefined;
  secretReading: 'decoded' | 'whole';
}>;

/** Reads the command line; undefined: help is wanted. Throws Advice about what cannot be understood. */
export function polarOptions(args: readonly string[]): PolarOptions | undefined {
  const { values, positionals } = parsedOptions(args);
  if (values.help) return undefined;
  return {
    what: whatToSend(positionals, values.file),
    email: values.email,
    name: values.name,
    externalId: values['external-id'] ?? null,
    customerId: values['customer-id'],
    count: count(values.count),
    webhookId: values['webhook-id'],
    url: values.url,
    secret: values.secret,
    secretReading: values['legacy-secret-reading'] ? 'whole' : 'decoded',
  };
}

function parsedOptions(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        email: { ...text, default: 'ada@example.com' },
        name: { ...text, default: 'Ada Lovelace' },
        'external-id': text,
        'customer-id': text,
        count: { ...text, default: '1' },
        file: text,
        'webhook-id': text,
        url: text,
        secret: text,
        'legacy-secret-reading': { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new Advice(
      `${error instanceof Error ? error.message.split('. ')[0] : error}. "npm run polar -- --help" shows the options.`,
    );
  }
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

function count(given: string): number {
  const number = Number(given);
  if (Number.isInteger(number) && number >= 1 && number <= 10_000) return number;
  throw new Advice(`--count must be a whole number from 1 to 10000, not "${given}".`);
}
