import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foundDocument } from '#infra/commands/why/document.ts';
import { find } from '#infra/commands/why/find.ts';
import { type WhyRows, whyRows } from '#infra/commands/why/rows.ts';
import { whyLines } from '#infra/commands/why/why.ts';
import { addressShown, maskedAddress } from '#infra/terminal/lines.ts';
import { applyRefusal } from '#shared/audience/consent/refusals.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { storedWorkflow } from '#shared/audience/workflow.ts';
import { requestReplay, type WorkerMessage } from '#shared/queue/events-queue.ts';
import { dynamoAudienceStore } from '#shared/store/audience/audience-store.ts';
import { eventRecordOf } from '#shared/store/events/event-item.ts';
import { dynamoEmails } from '#shared/store/mail/ledger.ts';
import { approvedMail } from '#test/support/audience/approved-mail.ts';
import {
  customerCreated,
  noonOfCreation,
  startDeadLetters,
  unreadable,
} from '#test/support/audience/dead-letters-at-work.ts';
import { audienceTables } from '#test/support/cloud/stack-tables.ts';
import { clockSetTo } from '#test/support/process/clock-set-to.ts';

let dead: Awaited<ReturnType<typeof startDeadLetters>>;
let rows: WhyRows;
let rowsWithoutKey: WhyRows;
beforeAll(async () => {
  dead = await startDeadLetters({ now: clockSetTo(noonOfCreation) });
  const { db, tableOf, store } = dead.audience;
  const tables = {
    contacts: tableOf('Contacts'),
    settings: tableOf('Settings'),
    acts: tableOf('Acts'),
    events: tableOf('Events'),
    emails: tableOf('Emails'),
    failures: tableOf('Failures'),
    workflows: tableOf('Workflows'),
    runs: tableOf('Runs'),
  };
  rows = whyRows({ db, tables, store, hasher: async () => dead.audience.hash });
  const storeWithoutKey = dynamoAudienceStore(db, audienceTables(tableOf), {
    addressHash: () => Promise.reject(new Error('The key may not be read.')),
    retentionDays: 90,
  });
  rowsWithoutKey = whyRows({
    ...{ db, tables, store: storeWithoutKey },
    hasher: async () => undefined,
  });
  const { workflow } = approvedMail();
  if (workflow) dead.workflows.push(workflow);
});
afterAll(() => dead.stop());

async function why(about: string, from = rows, isRevealed = false): Promise<string> {
  const address = addressShown(isRevealed);
  const lines = await whyLines(about, from, { isRevealed, address, options: ' --local' });
  return lines.join('\n');
}

async function document(about: string): Promise<Record<string, unknown>> {
  const found = foundDocument(await find(about, rows, ''), { address: maskedAddress });
  return JSON.parse(JSON.stringify(found));
}

async function refuse(email: string, reason: 'bounced' | 'complained' | 'unsubscribed') {
  const refusal = {
    email: normalisedEmail(email),
    reason,
    at: '2026-11-20T10:00:00.000Z',
    by: 'SES',
  };
  const { store, newId, now, pause } = dead.audience;
  const surroundings = { settings: defaultSettings, now: now(), newId };
  await applyRefusal(refusal, { store, surroundings, pause });
}

const ledger = () => {
  const { db, tableOf } = dead.audience;
  return dynamoEmails(db, tableOf('Emails'), () => new Date('2026-11-23T12:00:00Z'));
};

const nothing = { ledgerKey: undefined, workflowId: '', version: 0 };

/** The email that a worked event asked for. */
async function emailOf(webhookId: string) {
  const { db, tableOf } = dead.audience;
  const get = new GetCommand({ TableName: tableOf('Events'), Key: { webhookId } });
  const { Item } = await db.send(get);
  const { workflows, customerId, contactId } = eventRecordOf(Item);
  const [{ ledgerKey = '', workflowId, version } = nothing] = workflows ?? [];
  return { ledgerKey, workflowId, workflowVersion: version, webhookId, customerId, contactId };
}

describe('npm run why -- <email address>', () => {
  it('names the person only where it is asked to reveal', async () => {
    const body = customerCreated('c-named').replace('"external_id":null', '"external_id":"usr_7"');
    await dead.queueWebhook('hook-named', body);
    await dead.work();
    const told = await why('c-named@example.com', rows, true);
    expect(told).toMatch(/^name +Ann$/m);
    expect(told).toMatch(/^external id +usr_7$/m);
    expect(await why('c-named@example.com')).not.toMatch(/Ann|usr_7/);
  });
});

describe('npm run why -- <webhook id>', () => {
  it('tells of the record, the workflows and the email, step by step', async () => {
    await dead.queueWebhook('hook-1', customerCreated('c-1'));
    await dead.work();
    const email = await emailOf('hook-1');
    expect(await why('hook-1')).toContain(
      'Not in the ledger yet: it is on its way, or a dead letter.',
    );
    expect(await why('hook-1')).toContain(`deadletters -- show ${email.ledgerKey} --local`);

    await ledger().block(email, 'The contact is not subscribed.');
    const blocked = await why('hook-1');
    expect(blocked).toMatch(/^outcome +applied$/m);
    expect(blocked).toMatch(/^did +\d changes \(email, firstName, .*subscribed\)$/m);
    expect(blocked).toMatch(/^address +c\*\*\*@example\.com$/m);
    expect(blocked).toMatch(/^workflow welcome \(.*\): asks for email /m);
    expect(blocked).toMatch(/^ {2}blocked since 2026-11-23.*: The contact is not subscribed\.$/m);

    await ledger().reserve(email, {
      token: 't',
      leaseUntil: '2026-11-23T12:02:00.000Z',
      addressHash: '',
    });
    await ledger().sent(email.ledgerKey, 't', 'ses-1');
    const sent = await why(email.ledgerKey);
    expect(sent).toMatch(/^SES message +ses-1$/m);
    expect(sent).toMatch(/^ {2}sent 2026-11-23T12:00:00\.000Z$/m);
    expect(sent).toMatch(/^webhook +hook-1$/m);
    expect(sent).not.toContain('c-1@');
    const { email: found, webhook } = await document(email.ledgerKey);
    expect(found).toMatchObject({ state: 'sent', sesMessageId: 'ses-1' });
    expect(webhook).toMatchObject({
      ...{ webhookId: 'hook-1', outcome: 'applied', email: 'c***@example.com', isErased: false },
      changed: expect.arrayContaining(['email', 'subscribed']),
      workflows: [{ workflowId: 'welcome', verdict: 'send', email: { state: 'sent' } }],
      replays: [],
    });
    expect(JSON.stringify(webhook)).not.toContain('c-1@');
  });

  it('takes the id of a customer for the address of the customer', async () => {
    await dead.queueWebhook('hook-id', customerCreated('c-id'));
    await dead.work();
    const told = await why('c-id');
    expect(told).toMatch(/^c-id is the id of a customer in Polar\. At the address:$/m);
    expect(told).toMatch(/^address +c\*\*\*@example\.com$/m);
    expect(told).toMatch(/customer\.created +hook-id +applied$/m);
    expect(await document('c-id')).toMatchObject({
      ...{ kind: 'customer', customerId: 'c-id', isErased: false, isDeleted: false },
      address: {
        email: 'c***@example.com',
        contact: { customerId: 'c-id', subscribed: true },
        reasonsAgainstMarketing: [],
        events: [{ webhookId: 'hook-id', outcome: 'applied' }],
      },
    });
  });

  it('has no line, and nothing that steers a terminal, from a reason of somebody else', async () => {
    const reason = 'Refused: \u001b[2J\u009b1m\u202e\nhook-9  applied';
    await dead.audience.put('Failures', {
      ...{ webhookId: 'hook-steer', firstReason: reason, firstAt: '2026-11-23T12:00:00.000Z' },
      ...{ lastReason: reason, lastAt: '2026-11-23T12:00:00.000Z', attempts: 1, isFinal: true },
    });
    const told = await why('hook-steer');
    expect(told).toContain(String.raw`Refused: \u001b[2J\u009b1m\u202e\u000ahook-9  applied`);
    expect(told.split('\n').filter((line) => /[\p{Cc}\p{Bidi_Control}]/u.test(line))).toEqual([]);
    expect(told).not.toMatch(/^hook-9/m);
  });

  it('says whose key it is when another event of the contact came first', async () => {
    await dead.queueWebhook('hook-2a', customerCreated('c-2'));
    await dead.work();
    const first = await emailOf('hook-2a');
    await ledger().reserve(
      { ...first, webhookId: 'hook-2b' },
      {
        token: 't',
        leaseUntil: '2026-11-23T12:02:00.000Z',
        addressHash: '',
      },
    );
    expect(await why('hook-2a')).toContain('The key is that of webhook hook-2b');
  });

  it('says why no workflow sends anything', async () => {
    const [workflow] = dead.workflows;
    if (!workflow) throw new Error('There is no workflow');
    await dead.audience.put('Workflows', { ...workflow, status: 'draft' });
    await dead.queueWebhook('hook-3', customerCreated('c-3'));
    await dead.work({ workflows: async () => [{ ...workflow, maxAgeHours: 1 }] });
    expect(await why('hook-3')).toMatch(/sends nothing\. The event is older than 1 hours/);
    await dead.queueWebhook('hook-4', customerCreated('c-4'));
    await dead.work({ workflows: async () => [] });
    expect(await why('hook-4')).toContain(
      'No email: no active workflow waited for customer.created when it was decided.',
    );
    expect(await why('hook-4')).toMatch(/^ {2}welcome waits for it now: draft/m);
    await dead.queueWebhook('hook-5', customerCreated('c-5'));
    const off = structuredClone(defaultSettings);
    off.events['customer.created'].enabled = false;
    await dead.work({ settings: async () => off });
    expect(await why('hook-5')).toMatch(/^outcome +skipped: /m);
    expect(await why('hook-5')).toContain('No email: a skipped event triggers no workflow.');
  });

  it('says why an event changed nothing, with the address masked', async () => {
    await dead.queueWebhook('hook-9', customerCreated('c-9'));
    await dead.work();
    await dead.queueWebhook('hook-10', customerCreated('c-9'));
    await dead.work();
    const told = await why('hook-10');
    expect(told).toMatch(
      /^outcome +unchanged: \S+@example\.com was already here: an earlier event added it\.\ndid +nothing$/m,
    );
    expect(told).not.toContain('c-9@');
    expect(await why('hook-10', rows, true)).toMatch(
      /^outcome +unchanged: c-9@\S+ was already here/m,
    );
  });

  it('tells what each replay did, and what became of its emails', async () => {
    await dead.queueWebhook('hook-8', customerCreated('c-8'));
    const off = structuredClone(defaultSettings);
    off.events['customer.created'].enabled = false;
    await dead.work({ settings: async () => off });
    const at = '2026-11-23T12:00:00.000Z';
    const replay = { webhookId: 'hook-8', by: 'an engineer', at, again: false };
    const send = ({ MessageBody, MessageAttributes }: WorkerMessage) =>
      dead.send(dead.events.sourceUrl, MessageBody, MessageAttributes);
    await requestReplay({ ...replay, replayId: 'first', triggers: false }, send);
    await dead.work();
    await requestReplay({ ...replay, replayId: 'second', triggers: true }, send);
    await dead.work();
    const told = await why('hook-8');
    expect(told).toMatch(/^outcome +skipped: /m);
    expect(told).toMatch(
      /^replay +first\nasked +2026-11-23\S+, by an engineer, contact only.*\noutcome +applied\ndid +\d changes \(email, .*\nsettings +version \d\n\nreplay +second$/m,
    );
    const ofSecond = told.slice(told.indexOf('second'));
    expect(ofSecond).toMatch(/^outcome +unchanged/m);
    expect(ofSecond).toMatch(/^workflow welcome \(.*\): asks for email /m);
    expect(ofSecond).toContain('Not in the ledger yet');
    expect(told).not.toContain('c-8@');
  });

  it('tells of one that failed and has no record', async () => {
    await dead.queueWebhook('hook-6', unreadable('ann@example.com'));
    await dead.work();
    const told = await why('hook-6');
    expect(told).toMatch(/^hook-6 has no record: failed 1 × until .*, dead: The payload cannot/);
    expect(told).toContain('npm run deadletters -- show hook-6 --local');
    await expect(why('hook-never')).rejects.toThrow(
      /^Nothing is known by hook-never\. .+, was discarded \("npm run acts -- --what deadletters\.discard --local"\), or/,
    );
  });
});

describe('npm run why -- <address>', () => {
  const person = (id: string) => ({ minute: 1, email: `${id}@example.com` });

  it('tells of a contact that gets mail, with its last events and emails', async () => {
    await dead.queueWebhook('hook-7', customerCreated('c-7'));
    await dead.work();
    const email = await emailOf('hook-7');
    await ledger().block(email, 'The workflow is paused.');
    const told = await why(' C-7@Example.com');
    expect(told).toMatch(/^address +c\*\*\*@example\.com$/m);
    expect(told).toMatch(/^marketing +yes: subscribed$/m);
    expect(told).toMatch(/^transactional +yes$/m);
    expect(told).toMatch(/^ {2}2026-11-01T00:00:00Z +customer\.created +hook-7 +applied$/m);
    expect(told).toMatch(/blocked since .*: The workflow is paused\.$/m);
    expect(told).toContain('npm run why -- hook-7 --local');
    expect(told.toLowerCase()).not.toContain('c-7@');
  });

  it.each([
    ['bounced', /^transactional +no, because mail to the address bounced$/m, []],
    [
      'complained',
      /^transactional +no, because the recipient complained$/m,
      [/^ {2}The customer complained/m],
    ],
    ['unsubscribed', /^transactional +yes$/m, [/^ {2}The customer unsubscribed on 2026-11-20/m]],
  ] as const)('says why who %s is not subscribed', async (reason, transactional, more) => {
    const id = `why-${reason}`;
    await dead.audience.tell('customer.created', id, person(id));
    await refuse(`${id}@example.com`, reason);
    const told = await why(`${id}@example.com`);
    const state = reason === 'unsubscribed' ? 'not subscribed' : reason;
    expect(told).toMatch(new RegExp(`^marketing +no: ${state}$`, 'm'));
    expect(told).toMatch(transactional);
    expect(told).toMatch(
      new RegExp(`^  The address is suppressed: ${reason} on 2026-11-20.*, by SES\\.$`, 'm'),
    );
    for (const line of more) expect(told).toMatch(line);
    const blind = await why(`${id}@example.com`, rowsWithoutKey);
    expect(blind).toContain('Whether the address is suppressed cannot be read');
    expect(blind).not.toContain('The address is suppressed:');
  });

  it('says that SES cannot mail an address that is not ASCII before the @', async () => {
    await dead.audience.tell('customer.created', 'josé', person('josé'));
    const told = await why('josé@example.com');
    expect(told).toMatch(/^marketing +no, because SES cannot mail the address: before the @/m);
    expect(told).toMatch(/^transactional +no, because SES cannot mail the address: before the @/m);
    expect(await document('josé@example.com')).toMatchObject({
      contact: { subscribed: true },
      reasonAgainstAddress: expect.stringContaining('not ASCII'),
    });
  });

  it('tells of the deletion in Polar, and of a setting', async () => {
    await dead.audience.tell('customer.created', 'gone', person('gone'));
    await dead.audience.tell('customer.deleted', 'gone', { ...person('gone'), minute: 2 });
    expect(await why('gone@example.com')).toMatch(/^ {2}Polar deleted the customer on 2026-11-01/m);
    const settings = { newContacts: 'unsubscribed' } as const;
    await dead.audience.tell('customer.created', 'new', person('new'), settings);
    expect(await why('new@example.com')).toContain('The setting newContacts was "unsubscribed"');
  });

  it('says who left an address without a contact', async () => {
    await dead.audience.tell('customer.created', 'moved', person('before'));
    await dead.audience.tell('customer.updated', 'moved', { ...person('after'), minute: 2 });
    const told = await why('before@example.com');
    expect(told).toContain('No contact has b***@example.com.');
    expect(told).toContain('Customer moved had it, and has another address now.');
    await dead.audience.tell('customer.created', 'cut', person('cut'));
    const mode = { customerDeleted: 'delete' } as const;
    await dead.audience.tell('customer.deleted', 'cut', { ...person('cut'), minute: 2 }, mode);
    expect(await why('cut@example.com')).toContain('was deleted in Polar (setting then: delete)');
    expect(await why('nobody@example.com')).toContain('No known customer has ever had it');
  });
});

describe('npm run why, of who had an address before', () => {
  const person = (id: string, minute: number) => ({ minute, email: `${id}@example.com` });
  const mail = (contactId: string, customerId: string, key: string) => ({
    ...{ ledgerKey: key, workflowId: 'welcome', workflowVersion: 1, webhookId: `hook-${key}` },
    ...{ contactId, customerId },
  });
  const contactIdOf = async (customerId: string) => {
    const row = await dead.audience.item('Customers', { customerId });
    return String(row?.['contact']?.contactId);
  };

  async function sent(
    email: ReturnType<typeof mail>,
    address: string,
    addressHash = dead.audience.hash(normalisedEmail(address)),
  ) {
    const leaseUntil = '2026-11-23T12:02:00.000Z';
    await ledger().reserve(email, { token: 't', leaseUntil, addressHash });
    await ledger().sent(email.ledgerKey, 't', `ses-${email.ledgerKey}`);
  }

  it('lists those that version 0.1.0 sent to another spelling of it', async () => {
    const address = 'odd@bücher.example';
    await dead.audience.tell('customer.created', 'odd', { minute: 1, email: address });
    const odd = await contactIdOf('odd');
    await sent(mail(odd, 'odd', 'to-old-spelling'), address, dead.audience.hash(address));
    await dead.audience.tell('customer.updated', 'odd', person('not-odd', 2));
    for (const spelling of [address, 'odd@xn--bcher-kva.example']) {
      const [, earlier] = (await why(spelling)).split('Emails to the address while others had it');
      expect(earlier).toMatch(/ to-old-spelling +sent .* customer odd$/m);
    }
  });

  it('lists the emails that went to it, and not those that went elsewhere', async () => {
    await dead.audience.tell('customer.created', 'had', person('shared', 1));
    const had = await contactIdOf('had');
    await sent(mail(had, 'had', 'to-shared'), 'shared@example.com');
    await dead.audience.tell('customer.updated', 'had', person('elsewhere', 2));
    await sent(mail(had, 'had', 'to-elsewhere'), 'elsewhere@example.com');
    await dead.audience.tell('customer.created', 'has', person('shared', 3));
    const has = await contactIdOf('has');
    await sent(mail(has, 'has', 'to-owner'), 'shared@example.com');

    const told = await why('shared@example.com');
    const [own = '', earlier = ''] = told.split('Emails to the address while others had it');
    expect(own).toMatch(/Last emails\n {2}\S+ +welcome +\S+.* +to-owner +sent /);
    expect(own).not.toContain('to-shared');
    expect(earlier).toMatch(/ to-shared +sent .* customer had$/m);
    expect(told).not.toContain('to-elsewhere');
    expect(told).toContain('Customer had had it, and has another address now.');
    expect(await document('shared@example.com')).toMatchObject({
      emails: [{ ledgerKey: 'to-owner' }],
      earlierEmails: [{ ledgerKey: 'to-shared', customerId: 'had' }],
    });
  });

  it('names the customer of emails that went out under a contact which somebody took over', async () => {
    await dead.audience.tell('customer.created', 'first', person('over', 1));
    const contactId = await contactIdOf('first');
    await sent(mail(contactId, 'first', 'to-first'), 'over@example.com');
    await dead.audience.tell('customer.deleted', 'first', { ...person('over', 2) });
    await dead.audience.tell('customer.created', 'second', person('over', 3));
    expect(await why('over@example.com')).toMatch(/ to-first +sent .* customer first$/m);
  });

  it('says that it cannot tell them apart without the key', async () => {
    const told = await why('shared@example.com', rowsWithoutKey);
    expect(told).toContain('Emails to those who had the address before, here or elsewhere');
    expect(told).toContain('to-elsewhere');
  });
});

const connectedTo = (organizationId: string, organizationName: string) => ({
  ...{ organizationId, organizationName, organizationSlug: 'northlight', server: 'production' },
  ...{
    method: 'token',
    endpointId: 'e1',
    apiVersion: '2026-04',
    url: 'https://hooks.example.com/webhooks/polar',
  },
  ...{ connectedAt: '2026-11-01T00:00:00.000Z', by: 'ada', version: 1 },
});

describe('npm run why, of what is known beside', () => {
  const person = (id: string) => ({ minute: 1, email: `${id}@example.com` });

  it('tells marketing and transactional mail apart, as the workflow was at that time', async () => {
    const [workflow] = dead.workflows;
    if (!workflow) throw new Error('There is no workflow');
    const row = storedWorkflow({ ...workflow, version: 2 });
    const [step] = workflow.steps;
    if (step?.kind !== 'send') throw new Error('It sends nothing.');
    await dead.audience.put('Workflows', { ...row });
    const earlier = storedWorkflow({
      ...workflow,
      version: 1,
      steps: [{ ...step, email: { ...step.email, kind: 'transactional' } }],
    });
    await dead.audience.put('Settings', { name: 'workflow#welcome#1', workflow: earlier });
    await dead.audience.tell('customer.created', 'kinds', person('kinds'));
    const customer = await dead.audience.item('Customers', { customerId: 'kinds' });
    const contactId = String(customer?.['contact']?.contactId);
    for (const workflowVersion of [1, 2, 3]) {
      const identity = { workflowId: 'welcome', workflowVersion, webhookId: 'e', contactId };
      const email = { ...identity, ledgerKey: `kind-${workflowVersion}`, customerId: 'kinds' };
      await ledger().block(email, 'paused');
    }
    // It was read before these versions were there.
    const { db, tableOf, store } = dead.audience;
    const fresh = whyRows({
      ...{ db, store, hasher: async () => dead.audience.hash },
      tables: {
        ...{ contacts: tableOf('Contacts'), events: tableOf('Events') },
        ...{ emails: tableOf('Emails'), failures: tableOf('Failures') },
        ...{ workflows: tableOf('Workflows'), settings: tableOf('Settings') },
        ...{ acts: tableOf('Acts'), runs: tableOf('Runs') },
      },
    });
    const told = await why('kinds@example.com', fresh);
    expect(told).toMatch(/ welcome +transactional +kind-1 /);
    expect(told).toMatch(new RegExp(` welcome +${step.email.kind} +kind-2 `));
    expect(told).toMatch(/ welcome +kind not kept +kind-3 /);
    expect(await why('kind-1', fresh)).toMatch(/^kind +transactional$/m);
  });

  it('names the organization, and says when it is not the connected one', async () => {
    const organizationId = 'org-1';
    await dead.audience.tell('customer.created', 'org', { ...person('org'), organizationId });
    expect(await why('org@example.com')).toMatch(/^organization +org-1$/m);
    const connection = { name: 'connection', ...connectedTo('org-1', 'Northlight') };
    await dead.audience.put('Settings', connection);
    expect(await why('org@example.com')).toMatch(/^organization +Northlight, org-1$/m);
    await dead.audience.put('Settings', { ...connection, organizationId: 'org-2' });
    expect(await why('org@example.com')).toMatch(
      /^organization +org-1, which is not the connected one \(Northlight\)$/m,
    );
    await dead.audience.tell('customer.created', 'no-org', person('no-org'));
    expect(await why('no-org')).toMatch(/^organization +not known: no event has named it yet$/m);
  });

  it('tells of a deletion that a person lifted', async () => {
    await dead.audience.tell('customer.created', 'back', person('back'));
    const { item, put } = dead.audience;
    const row = await item('Customers', { customerId: 'back' });
    await put('Customers', { ...row, restored: { at: '2026-11-20T10:00:00.000Z', by: 'ada' } });
    expect(await why('back@example.com')).toMatch(
      /^restored +2026-11-20T10:00:00.000Z by ada: a backfill had taken it for deleted$/m,
    );
  });

  it('says of an event that a backfill made that no workflow sees it', async () => {
    const id = 'backfill-c-made';
    await dead.queueWebhook(id, customerCreated('c-made'));
    await dead.work({ workflows: async () => [] });
    expect(await why(id)).toContain('and no workflow sees such events.');
    expect(await why(id)).not.toContain('waits for it now');
    expect(await why('c-made@example.com')).toContain('(made by a backfill: no workflow sees it)');
  });

  it('finds a contact by its id', async () => {
    await dead.audience.tell('customer.created', 'by-id', person('by-id'));
    const row = await dead.audience.item('Customers', { customerId: 'by-id' });
    const told = await why(String(row?.['contact']?.contactId));
    expect(told).toMatch(/^customer +by-id$/m);
  });

  it('offers no dead letter of an event that is still tried again', async () => {
    const at = { firstAt: '2026-11-23T12:00:00.000Z', lastAt: '2026-11-23T12:00:00.000Z' };
    const failure = { ...at, firstReason: 'away', lastReason: 'away', isFinal: false };
    await dead.audience.put('Failures', { webhookId: 'hook-again', ...failure, attempts: 3 });
    const told = await why('hook-again');
    expect(told).toContain('It is retried automatically.');
    expect(told).toMatch(/Next:\n {2}npm run status -- --local$/m);
    await dead.audience.put('Failures', { webhookId: 'hook-over', ...failure, attempts: 12 });
    expect(await why('hook-over')).toMatch(/Next:\n {2}npm run deadletters -- show hook-over/);
  });
});

describe('npm run why, of who was erased', () => {
  const anonymised = (id: string) => ({ minute: 5, email: `${id}@example.com`, anonymised: true });

  it.each(['the address', 'the customer', 'the contact'])('proves it by %s', async (by) => {
    const id = `erased-by-${by.slice(4)}`;
    const email = `${id}@example.com`;
    await dead.audience.tell('customer.created', id, { minute: 1, email });
    const row = await dead.audience.item('Customers', { customerId: id });
    const contactId = String(row?.['contact']?.contactId);
    await dead.audience.tell('customer.deleted', id, anonymised(id));

    const names: Record<string, string> = { address: email, customer: id, contact: contactId };
    const name = names[by.slice(4)] ?? '';
    const told = await why(name);
    expect(told).toMatch(
      new RegExp(
        `^Erased on 20\\S+: customer ${id}, contact ${contactId}\\. Asked for on 2026-11-01\\S+ by Polar, by a deletion\\.$`,
        'm',
      ),
    );
    expect(told).toContain('Next:');
    expect(told).not.toContain('No known customer has ever had it');
    expect(await document(name)).toMatchObject({ erasures: [{ customerId: id, contactId }] });
    expect(JSON.stringify(await dead.audience.items('Acts'))).not.toContain(email);
  });

  it('says that an older version kept no proof', async () => {
    const erasure = { at: '2026-10-01T10:00:00.000Z', by: 'ada' };
    await dead.audience.put('Customers', {
      ...{ customerId: 'old-erased', addresses: [], erased: true, erasure, revision: '1' },
    });
    expect(await why('old-erased')).toContain(
      'It was asked for on 2026-10-01T10:00:00.000Z by ada.',
    );
  });

  it('says nothing of it where somebody was never here', async () => {
    expect(await why('never@example.com')).not.toContain('Erased');
    await expect(why('never-a-contact')).rejects.toThrow(/^Nothing is known by never-a-contact/);
  });
});
