import * as z from 'zod';
import { visibleLine } from '#shared/safe-text.ts';
import type { Exchange } from './http/http-api.ts';

/** What a log line says of one email. */
type MailFate = Readonly<{
  ledgerKey: string;
  /** Of the event that asked for it; absent in what SES says later. */
  webhookId?: string | undefined;
  workflowId?: string | undefined;
  fate: string;
  reason?: string | undefined;
}>;

const decidedSchema = z.object({
  message: z.literal('email decided'),
  ledgerKey: z.string(),
  webhookId: z.string(),
  workflowId: z.string(),
  state: z.string(),
  reason: z.string().optional(),
});

const heardSchema = z.object({
  message: z.literal('feedback applied'),
  ledgerKey: z.string(),
  kind: z.enum(['bounce', 'complaint', 'reject']),
  refusal: z.string().optional(),
});

/** Reads a line of the mailer's or of feedback's log that is worth showing: a duplicate, or a delivery, is not. */
function mailFate(entry: unknown): MailFate | undefined {
  const decided = decidedSchema.safeParse(entry).data;
  if (decided) return decided.state === 'settled' ? undefined : { ...decided, fate: decided.state };
  const heard = heardSchema.safeParse(entry).data;
  return heard && { ledgerKey: heard.ledgerKey, fate: heard.refusal ?? heard.kind };
}

/** Of an email that was not sent nobody knows a subject; its workflow has a name. */
type ShownMail = Readonly<{ what: string; to: string | undefined }>;

function mailLine({ fate, reason }: MailFate, { what, to }: ShownMail): string {
  return `${'mail'.padEnd(24)} ${what} → ${[to, fate, reason].filter(Boolean).join(', ')}`;
}

type Parts = Readonly<{
  print: (line: string) => void;
  /** Whom an event was about; the log does not name people. */
  emailOf: (webhookId: string) => Promise<string | undefined>;
  mailOf: (fate: MailFate) => Promise<ShownMail>;
  /** How long a line waits to tell what the webhook did, too. */
  patienceMs: number;
  now?: () => Date;
}>;

type ConsoleLines = Readonly<{
  exchange: (exchange: Exchange) => void;
  output: (logicalId: string, line: string) => void;
}>;

/** Tells the person at the keyboard what happens: one line for each webhook and each email, and every problem. */
export function consoleLines(given: Parts): ConsoleLines {
  const { emailOf, mailOf, patienceMs, now = () => new Date(), ...parts } = given;
  const time = () => now().toTimeString().slice(0, 8);
  /** Anybody can send a webhook, and what is in it must neither steer the terminal nor look like a line of ours. */
  const print = (line: string) => parts.print(visibleLine(line));
  const waiting = new Map<string, { came: string; giveUp: () => void }[]>();
  /** A worker can be faster than the answer to the webhook. */
  const toldEarly = new Set<string>();

  const wait = (webhookId: string, came: string) => {
    const queue = waiting.get(webhookId) ?? [];
    const giveUp = () => {
      clearTimeout(timer);
      queue.splice(queue.indexOf(entry), 1);
      if (queue.length === 0) waiting.delete(webhookId);
    };
    const timer = setTimeout(() => {
      giveUp();
      print(`${came}, not applied yet`);
    }, patienceMs);
    const entry = { came, giveUp };
    queue.push(entry);
    waiting.set(webhookId, queue);
  };
  const tell = async ({ webhookId = '', type = '', outcome, message, reason }: Entry) => {
    const email = await emailOf(webhookId).catch(() => undefined);
    const entry = waiting.get(webhookId)?.[0];
    if (entry) entry.giveUp();
    else toldEarly.add(webhookId);
    const came = entry?.came ?? `${time()}  ${type.padEnd(24)}`;
    print(`${came} → ${[outcome ?? message, email, reason].filter(Boolean).join(', ')}`);
  };
  const tellMail = async (fate: MailFate) => {
    const unknown = { what: fate.workflowId ?? fate.ledgerKey, to: undefined };
    print(`${time()}  ${mailLine(fate, await mailOf(fate).catch(() => unknown))}`);
  };
  return {
    exchange: (exchange) => {
      const { status, webhookId } = exchange;
      const came = `${time()}  ${subject(exchange).padEnd(24)} ${status} ${wordOf(exchange)}`;
      const isPending = status === 202 && webhookId !== undefined && !toldEarly.delete(webhookId);
      if (isPending) wait(webhookId, came);
      else print(came);
    },
    output: (logicalId, line) => {
      const entry = line.startsWith('{') ? parsed(entrySchema, line) : undefined;
      const mail = mailFate(entry);
      if (mail) return void tellMail(mail);
      const isFate = entry?.outcome !== undefined || waiting.has(entry?.webhookId ?? '');
      const isProblem = entry?.level.toUpperCase() !== 'INFO' && line.trim() !== '';
      if (entry && (isProblem || entry.outcome !== undefined) && isFate) void tell(entry);
      else if (isProblem) print(`${time()}  ${logicalId}: ${entry ? problemOf(entry) : line}`);
    },
  };
}

const typeSchema = z.object({ type: z.string() });
const answerSchema = z.object({ status: z.string().optional(), message: z.string() });

/** The event's type, or the request line of what is no event. */
function subject({ method, path, body, webhookId }: Exchange): string {
  const event = webhookId === undefined ? undefined : parsed(typeSchema, body);
  return shortened(event?.type ?? `${method} ${path}`);
}

/** A token in a path, or the type of an event that is none, can be longer than a line. */
function shortened(text: string): string {
  return text.length > 48 ? `${text.slice(0, 47)}…` : text;
}

/** "accepted"; of any other answer the whole sentence. */
function wordOf({ status, answer }: Exchange): string {
  const said = parsed(answerSchema, answer);
  return (status === 202 ? said?.status : said?.message) ?? '';
}

/** A line of a function's log. What it says of a webhook goes into that webhook's line. */
const entrySchema = z
  .object({
    level: z.string(),
    message: z.string(),
    webhookId: z.string().optional(),
    type: z.string().optional(),
    outcome: z.string().optional(),
    reason: z.string().optional(),
  })
  .loose();
type Entry = z.infer<typeof entrySchema>;

function problemOf({ level, message, timestamp, ...fields }: Entry): string {
  const details = Object.entries(fields).map(([name, value]) => `${name} ${String(value)}`);
  return `${level}: ${[message, ...details].join(', ')}`;
}

function parsed<T extends z.ZodType>(schema: T, json: Buffer | string): z.output<T> | undefined {
  try {
    return schema.parse(JSON.parse(json.toString()));
  } catch {
    return undefined;
  }
}
