import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Email } from '#shared/audience/emails/email.ts';
import type { Emails } from '#shared/audience/emails/ledger.ts';
import { isSameData, type Kind, type Known, type Steps } from '#shared/audience/rows/workspace.ts';
import { storedWorkflow } from '#shared/audience/workflow.ts';
import { addressHash, dynamoAudienceStore } from '#shared/store/audience/audience-store.ts';
import { dynamoEmails } from '#shared/store/mail/ledger.ts';
import { type DueRun, dynamoDueRuns } from '#shared/store/runs/due-runs.ts';
import { dynamoRunLists, type RunPosition } from '#shared/store/runs/run-lists.ts';
import type { Account } from '#test/prove/account.ts';
import type { Outside, OutsideOf } from './world.ts';

/**
 * Does everything twice, on the tables of an account and in memory, one call after another, and throws where they do not
 * answer the same. The functions are told what DynamoDB says; the checker looks at the memory, which is what DynamoDB has.
 */
export async function dynamoBeside(account: Account): Promise<OutsideOf> {
  await account.reset({});
  const { db, tableOf } = account;
  const tables = {
    ...{ customers: tableOf('Customers'), addresses: tableOf('Addresses') },
    ...{ contacts: tableOf('Contacts'), suppressions: tableOf('Suppressions') },
    ...{ events: tableOf('Events'), runs: tableOf('Runs'), emails: tableOf('Emails') },
    ...{ workflows: tableOf('Workflows'), acts: tableOf('Acts'), words: tableOf('Words') },
  };
  return (memory, now) => {
    const hash = addressHash('a key of this proof');
    const options = { addressHash: async () => hash, retentionDays: 90 };
    const store = dynamoAudienceStore(db, tables, options);
    const emails = dynamoEmails(db, tables.emails, now, '', tables.customers);
    const due = dynamoDueRuns(db, tables.runs);
    const lists = dynamoRunLists(db, tables.runs);
    /** A revision of DynamoDB is this one of the memory. */
    const revisions = new Map<string, string>();

    let turn: Promise<unknown> = Promise.resolve();
    function inTurn<T>(act: () => Promise<T>): Promise<T> {
      const mine = turn.then(act);
      turn = mine.catch(() => undefined);
      return mine;
    }

    function both<T>(what: string, real: () => Promise<T>, kept: () => Promise<T>): Promise<T> {
      return inTurn(async () => {
        const [said, meant] = [await real(), await kept()];
        same(what, said, meant);
        return said;
      });
    }

    const own: Outside = {
      store: {
        load: (keys) =>
          inTurn(async () => {
            const [real, kept] = [await store.load(keys), await memory.store.load(keys)];
            for (const { kind, key } of keys) {
              const [one, other] = [storedAt(real, kind, key), storedAt(kept, kind, key)];
              same(`${kind} ${key}`, one?.row, other?.row);
              if (one && other) revisions.set(one.revision, other.revision);
            }
            return real;
          }),
        recorded: (id) =>
          both(
            `record ${id}`,
            () => store.recorded(id),
            () => memory.store.recorded(id),
          ),
        commit: (commit) =>
          inTurn(async () => {
            const said = await store.commit(commit);
            const { steps } = commit;
            const meant = await memory.store.commit({ ...commit, steps: steps && inMemory(steps) });
            same('commit', said.kind, meant.kind);
            return said;
          }),
      },
      emails: {
        ...memory.emails,
        find: (key) =>
          inTurn(async () => {
            const [said, meant] = [await emails.find(key), await memory.emails.find(key)];
            same(`email ${key}`, withoutDue(said), withoutDue(meant));
            return said;
          }),
        reserve: (email, { unchanged, ...reservation }) =>
          both(
            'reserve',
            () => emails.reserve(email, { ...reservation, ...(unchanged && { unchanged }) }),
            () =>
              memory.emails.reserve(email, {
                ...reservation,
                ...(unchanged && {
                  unchanged: { ...unchanged, revision: revisionOf(unchanged.revision) },
                }),
              }),
          ),
        sent: (...of) =>
          both(
            'sent',
            () => emails.sent(...of),
            () => memory.emails.sent(...of),
          ),
        block: (...of) =>
          both(
            'block',
            () => emails.block(...of),
            () => memory.emails.block(...of),
          ),
        giveUp: (...of) =>
          both(
            'giveUp',
            () => emails.giveUp(...of),
            () => memory.emails.giveUp(...of),
          ),
        fail: (...of) =>
          both(
            'fail',
            () => emails.fail(...of),
            () => memory.emails.fail(...of),
          ),
        loseSight: (...of) =>
          both(
            'loseSight',
            () => emails.loseSight(...of),
            () => memory.emails.loseSight(...of),
          ),
        putAside: (...of) =>
          both(
            'putAside',
            () => emails.putAside(...of),
            () => memory.emails.putAside(...of),
          ),
        wait: (...of) =>
          both(
            'wait',
            () => emails.wait(...of),
            () => memory.emails.wait(...of),
          ),
      } satisfies Emails,
      dueRuns: {
        due: (by, limit) =>
          inTurn(async () => {
            const [said, meant] = [await due.due(by, limit), await memory.dueRuns.due(by, limit)];
            same('due', byId(said.runs), byId(meant.runs));
            return said;
          }),
        take: (run, until) =>
          both(
            'take',
            () => due.take(run, until),
            () => memory.dueRuns.take(run, until),
          ),
      },
      runs: {
        ...memory.runs,
        idsOfCustomer: (id, after) =>
          both(
            'runs of a customer',
            async () => sorted(await lists.idsOfCustomer(id, after)),
            async () => sorted(await memory.runs.idsOfCustomer(id, after)),
          ),
        parked: (id, _, waitingAt) =>
          inTurn(async () => {
            const wakes = [];
            const pageAfter = (next?: RunPosition) => lists.parked(id, next, waitingAt);
            for (let page = await pageAfter(); ; page = await pageAfter(page.next)) {
              wakes.push(...page.wakes);
              if (!page.next) break;
            }
            const inMemory = await memory.runs.parked(id, undefined, waitingAt);
            same('parked', idsOf(wakes), idsOf(inMemory.wakes));
            return { wakes, next: undefined };
          }),
      },
      save: (workflow) =>
        inTurn(async () => {
          const Item = storedWorkflow(workflow);
          await db.send(new PutCommand({ TableName: tables.workflows, Item }));
          await memory.save(workflow);
        }),
    };
    return own;

    function revisionOf(revision: string | undefined): string | undefined {
      return revision === undefined ? undefined : (revisions.get(revision) ?? 'never read');
    }

    function inMemory({ runs = [], ...steps }: Steps): Steps {
      const translated = <T extends { revision: string | null }>(all: readonly T[]): T[] =>
        all.map((one) => ({ ...one, revision: revisionOf(one.revision ?? undefined) ?? null }));
      return {
        customers: translated(steps.customers),
        addresses: translated(steps.addresses),
        contacts: translated(steps.contacts),
        suppressions: translated(steps.suppressions),
        runs: translated(runs),
      };
    }
  };
}

const storedAt = (known: Known, kind: Kind, key: string) =>
  new Map<string, { row: unknown; revision: string } | null>(known[kind]).get(key);

const byId = (runs: readonly DueRun[]) => [...runs].sort((a, b) => (a.runId < b.runId ? -1 : 1));

/** The clock takes due emails in memory only. */
const withoutDue = (email: Email | undefined) => email && { ...email, dueAt: undefined };

const idsOf = (runs: readonly { runId: string }[]) => runs.map(({ runId }) => runId).sort();

function sorted<T extends { runIds: readonly string[] }>(page: T): T {
  return { ...page, runIds: [...page.runIds].sort() };
}

function same(what: string, said: unknown, meant: unknown): void {
  if (isSameData(said, meant)) return;
  throw new Disagreement(
    `${what}: DynamoDB says ${JSON.stringify(said)}, and the memory ${JSON.stringify(meant)}`,
  );
}

/** The memory is not what DynamoDB is. */
class Disagreement extends Error {}
