import { runDocument } from '#infra/commands/run-words.ts';
import { emailDocument, type WhyHow } from '#infra/commands/words.ts';
import {
  reasonAgainstAddress,
  reasonAgainstTransactional,
  reasonsAgainstMarketing,
} from '#shared/audience/consent/reasons.ts';
import type { ReplayEntry } from '#shared/audience/event-record.ts';
import type { ErasureProof } from '#shared/audience/operator-act.ts';
import type { Found, FoundAddress, MailedEmail } from './find.ts';
import type { Mailed, WebhookChain } from './webhook.ts';

/** What is known by a name, for a program. Of what an event changed it names the fields only, as the lines do. */
export function foundDocument(found: Found, how: Pick<WhyHow, 'address'>): object {
  switch (found.kind) {
    case 'address':
      return addressDocument(found, how);
    case 'webhook':
      return { kind: found.kind, ...chainDocument(found.chain, how) };
    case 'email': {
      const { kind, email, chain } = found;
      return {
        kind,
        email: mailDocument(email),
        webhook: chain ? chainDocument(chain, how) : null,
      };
    }
    case 'customer': {
      const { kind, customer, address, erasures } = found;
      return {
        ...{ kind, customerId: customer.customerId },
        organizationId: customer.organizationId ?? null,
        restored: customer.restored ?? null,
        erasures: erasures.map(erasureDocument),
        isErased: customer.erased ?? false,
        isDeleted: customer.deletion !== undefined,
        address: address ? addressDocument(address, how) : null,
      };
    }
    case 'run':
      return { kind: found.kind, ...runDocument(found.story) };
    case 'erasure':
      return { ...found, erasures: found.erasures.map(erasureDocument) };
    case 'failure':
      return found;
  }
}

function addressDocument(
  { kind, email, at, events, runs, emails, earlier, erasures, failures }: FoundAddress,
  how: Pick<WhyHow, 'address'>,
) {
  return {
    ...{ kind, email: how.address(email) },
    contact: contactDocument(at),
    organizationId: at.customer?.organizationId ?? null,
    restored: at.customer?.restored ?? null,
    reasonsAgainstMarketing: reasonsAgainstMarketing(at),
    reasonAgainstTransactional: reasonAgainstTransactional(at) ?? null,
    reasonAgainstAddress: (at.contact && reasonAgainstAddress(at.contact)) ?? null,
    claims: Object.entries(at.address?.claims ?? {}).map(([customerId, { state }]) => ({
      ...{ customerId, state },
    })),
    events: events.map((event) => ({ ...event, reason: event.reason ?? null })),
    runs: runs.map(runDocument),
    emails: emails.map(mailDocument),
    earlierEmails: earlier.map(mailDocument),
    erasures: erasures.map(erasureDocument),
    failures: [...failures].map(([id, failure]) => ({ id, ...failure })),
  };
}

/** Without the address, which is beside it. */
function contactDocument({ contact }: FoundAddress['at']) {
  if (!contact) return null;
  const { contactId, customerId, userGroup, subscribed, createdAt, updatedAt, source } = contact;
  return {
    ...{ contactId, customerId: customerId ?? null, userGroup: userGroup ?? null },
    ...{ subscribed, source, createdAt, updatedAt },
  };
}

function chainDocument(
  { record, failure, workflows, replays }: WebhookChain,
  how: Pick<WhyHow, 'address'>,
) {
  const { webhookId, type, occurredAt, receivedAt, email, customerId, contactId } = record;
  return {
    ...{ webhookId, type, occurredAt, receivedAt },
    ...decisionDocument(record),
    email: email === undefined ? null : how.address(email),
    ...{ customerId, contactId: contactId ?? null },
    isErased: record.erased ?? false,
    failure: failure ?? null,
    workflows: workflows.map(mailedDocument),
    replayCount: record.replayCount ?? 0,
    replays: replays.map(({ entry, workflows }) => {
      const { replayId, at, by, triggers, again } = entry;
      return {
        ...{ replayId, at, by, triggers, again },
        ...decisionDocument(entry),
        workflows: workflows.map(mailedDocument),
      };
    }),
  };
}

type Decision = Pick<
  ReplayEntry,
  'outcome' | 'reason' | 'groupReason' | 'changes' | 'settingsVersion'
>;

function decisionDocument({ outcome, reason, groupReason, changes, settingsVersion }: Decision) {
  const changed = changes.map(({ field }) => field);
  return {
    outcome,
    reason: reason ?? null,
    groupReason: groupReason ?? null,
    changed,
    settingsVersion,
  };
}

function mailDocument(email: MailedEmail) {
  return { ...emailDocument(email), kind: email.mailKind ?? null };
}

function erasureDocument({ customerId, contactId, ...proof }: ErasureProof) {
  return { ...proof, customerId: customerId ?? null, contactId: contactId ?? null };
}

function mailedDocument({ workflowId, name, version, verdict, ...more }: Mailed) {
  return {
    ...{ workflowId, name, version, verdict },
    kind: more.mailKind ?? null,
    reason: more.reason ?? null,
    ledgerKey: more.ledgerKey ?? null,
    runId: more.runId ?? null,
    run: more.run ? runDocument(more.run) : null,
    email: more.email ? emailDocument(more.email) : null,
    failures: more.failures,
  };
}
