import type { Email, EmailIdentity } from '#shared/audience/emails/email.ts';
import type { Emails, Reservation } from '#shared/audience/emails/ledger.ts';
import { heldMark } from '#shared/store/mail/due-index.ts';
import { copied } from './copied.ts';

type Customers = ReadonlyMap<string, { revision: string }>;

/** The email ledger in memory, with the conditions of the one in DynamoDB. `rows` is there for tests to look at. */
export function memoryLedger(customers: Customers, now: () => Date) {
  const rows = new Map<string, Email>();
  const free: readonly (string | undefined)[] = [undefined, 'waiting', 'blocked', 'failed'];

  function put(key: string, change: Partial<Email>, without: readonly (keyof Email)[] = []): true {
    const at = now().toISOString();
    const before = rows.get(key) ?? ({ ledgerKey: key, createdAt: at } as Email);
    const next = { ...before, ...change, updatedAt: at };
    for (const name of without) delete next[name];
    rows.set(key, next);
    return true;
  }

  /** Nothing remains of what asked for the same key before. */
  function ask(
    email: EmailIdentity,
    change: Partial<Email>,
    without: readonly (keyof Email)[],
  ): true {
    const ofAsking = ['replayId', 'again', 'runId', 'stepId', 'stepDueAt'] as const;
    const others = ofAsking.filter((name) => email[name] === undefined);
    return put(email.ledgerKey, { ...email, ...change }, [...without, ...others]);
  }

  const isFree = (key: string) => free.includes(rows.get(key)?.state);
  const isForAnother = ({ ledgerKey, webhookId, replayId }: EmailIdentity) => {
    const row = rows.get(ledgerKey);
    return row?.state === 'waiting' && (row.webhookId !== webhookId || row.replayId !== replayId);
  };
  const isHeldBy = (key: string, token: string) =>
    rows.get(key)?.state === 'reserved' && rows.get(key)?.token === token;
  const isAsSeen = (unchanged: Reservation['unchanged']) =>
    !unchanged || customers.get(unchanged.customerId)?.revision === unchanged.revision;

  const emails: Emails = {
    find: async (key) => copied(rows.get(key)),
    // Mailboxes are counted in DynamoDB only: here none has had its share.
    reserveWithin: async (email, reservation) =>
      (await emails.reserve(email, reservation)) ? 'reserved' : 'taken',
    async reserve(email, { unchanged, counted: _, ...reservation }) {
      if (!isFree(email.ledgerKey) || !isAsSeen(unchanged)) return false;
      const attempts = (rows.get(email.ledgerKey)?.attempts ?? 0) + 1;
      const { leaseUntil: dueAt } = reservation;
      const reserved = { ...reservation, dueAt, attempts, state: 'reserved' } as const;
      return ask(email, reserved, ['reason', 'heldSince']);
    },
    async sent(key, token, sesMessageId) {
      if (rows.get(key)?.token !== token) return false;
      return put(key, { state: 'sent', sesMessageId }, ['leaseUntil', 'reason', 'dueAt']);
    },
    wait: async (key, token, waiting) =>
      isHeldBy(key, token) && put(key, { ...waiting, state: 'waiting' }, ['leaseUntil']),
    putAside: async (email: EmailIdentity, reason, heldSince) =>
      isFree(email.ledgerKey) &&
      ask(email, { state: 'waiting', reason, heldSince, dueAt: `${heldMark}${heldSince}` }, [
        'waitingSince',
      ]),
    fail: async (key, token, reason) =>
      isHeldBy(key, token) && put(key, { state: 'failed', reason }, ['leaseUntil', 'dueAt']),
    loseSight: async (key, token, reason, dueAt) =>
      isHeldBy(key, token) && put(key, { state: 'unknown', reason, dueAt }, ['leaseUntil']),
    keepInSight: async () => false,
    block: async (email, reason) =>
      isFree(email.ledgerKey) &&
      !isForAnother(email) &&
      ask(email, { state: 'blocked', reason }, ['dueAt', 'heldSince']),
    giveUp: async ({ ledgerKey, updatedAt }, reason) =>
      rows.get(ledgerKey)?.state === 'waiting' &&
      rows.get(ledgerKey)?.updatedAt === updatedAt &&
      put(ledgerKey, { state: 'blocked', reason }, ['dueAt', 'heldSince']),
  };
  return { emails, rows };
}
