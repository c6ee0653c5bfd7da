import { createHmac } from 'node:crypto';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { expect } from 'vitest';
import { unsubscribeTokens } from '#shared/mail/unsubscribe-token.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import type { Person } from '#shared/polar/sample/sample-customer.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { bounce, complaint } from '#test/stack/functions/feedback/ses-notification.ts';
import { request } from '#test/stack/functions/unsubscribe/unsubscribe-at-work.ts';
import { signedRequest } from '#test/support/polar/signed-request.ts';
import type { Story } from './story.ts';

const person = (name: string): Person => ({
  customerId: `customer-${name}`,
  email: `${name}@buyers.example`,
  name: `${name} Lovelace`,
  externalId: `usr_${name}`,
  isNew: true,
});
const [ada, bob, eve, joe, late] = [
  person('ada'),
  person('bob'),
  person('eve'),
  person('joe'),
  person('late'),
];

/** Lets every function do all that it is for. Each chapter needs what the ones before it made. */
export async function tellAll(story: Story): Promise<void> {
  const { dunning } = await settingUp(story);
  await failing(story);
  const created = await mailing(story);
  await audience(story, created);
  await lookingBack(story, { created, dunning });
  await connecting(story);
  await story.call('rollup');
}

/** Workflows and the brand, on a stage in which nobody has set anything. */
async function settingUp(story: Story) {
  const { visitor, fill } = story;
  await happens(story, 'customer.created', joe);
  await fill('/console/brand', '/console/brand', { postalAddress: 'Shop, Main Street 1' });
  const added = async (template: string) => {
    const { location } = await visitor.post('/console/workflows', { template });
    return String(location).replace(/\/edit$/, '');
  };
  const [welcome, dunning] = [await added('welcome'), await added('dunning')];
  for (const path of [welcome, dunning]) await fill(path, `${path}/activate`);
  await fill(welcome, `${welcome}/test`, { to: 'me@shop.example' });
  const goodbye = await added('goodbye');
  await fill(`${goodbye}/remove`, `${goodbye}/remove`);
  // Saving a workflow asks the worker for its parked runs.
  await story.workOff();
  // It reads the workflows again.
  await story.restart('worker');
  return { dunning };
}

/** What fails while the settings are not valid, and what can never be read. */
async function failing(story: Story): Promise<void> {
  const { visitor, next, send } = story;
  const fed = ['worker', 'mailer', 'feedback'] as const;
  const [settings] = (await story.rows('Settings')).filter(({ name }) => name === 'settings');
  const saved = async (change: object) => {
    const TableName = story.account.tableOf('Settings');
    await story.account.db.send(new PutCommand({ TableName, Item: { ...settings, ...change } }));
    for (const name of fed) await story.restart(name);
  };
  await arrives(story, 'customer.created', person('ann'));
  await next('worker');
  await saved({ newContacts: 'everybody' });
  await arrives(story, 'customer.created', person('zoe'));
  await send('FeedbackQueue', bounce({ to: 'zoe@buyers.example' }, 'Permanent'));
  const fates = [await next('worker'), await next('mailer'), await next('feedback')];
  expect(fates).toEqual(fed.map(() => 'failed'));
  await saved({});
  await story.workOff();

  for (const queue of ['EventsQueue', 'MailQueue', 'FeedbackQueue'] as const) {
    await send(queue, 'nonsense');
  }
  await story.workOff();
  const path = '/console/dead-letters';
  await visitor.post(`${path}/resend`, { which: 'all' });
  await story.workOff();
  const { html } = await visitor.get(path);
  const ids = [...html.matchAll(/letter\?id=([^"&]+)/g)].map(([, id]) => String(id)).join(' ');
  const { html: file } = await visitor.post(`${path}/bodies`, { ids });
  await visitor.post(`${path}/discard`, { ids, kept: 'yes' });
  await visitor.post(`${path}/put-back`, { file });
}

/** Emails, a sequence of several, what mailboxes say of them, and a hold. Gives an event. */
async function mailing(story: Story): Promise<string> {
  const { fill, call, pass, send } = story;
  const created = await happens(story, 'customer.created', ada);
  await happens(story, 'subscription.past_due', ada);
  await happens(story, 'subscription.past_due', eve);
  await happens(story, 'customer.created', bob);
  pass(73);
  await call('clock');
  await story.workOff();
  const moved = { email: 'lovelace@buyers.example' };
  await happens(story, 'customer.updated', { ...ada, isNew: false }, moved);
  await happens(story, 'customer.deleted', joe);

  const [mail] = story.ses.sent.filter(({ to }) => to === bob.email);
  const toBob = { ...mail, to: bob.email };
  const said = [
    bounce(toBob, 'Transient'),
    bounce(toBob, 'Permanent'),
    complaint({ to: eve.email }),
  ];
  for (const body of said) {
    await send('FeedbackQueue', body);
    await story.workOff();
  }

  await fill('/console/emails', '/console/emails/hold', { reason: 'wrong prices' });
  pass(0.1);
  await happens(story, 'customer.created', late);
  await fill('/console/emails', '/console/emails/release');
  pass(0.1);
  await call('clock');
  await story.workOff();
  await leave(story, late);
  return created;
}

/** People are looked for, changed by hand and erased. */
async function audience(story: Story, created: string): Promise<void> {
  const { visitor } = story;
  const of = async (one: Person) => `/console/audience/${(await contactOf(story, one)).contactId}`;
  for (const query of ['', '?group=buyers', '?consent=subscribed']) {
    await visitor.get(`/console/audience${query}`);
  }
  for (const q of ['lovelace', bob.email, 'usr_bob', 'customer-bob', created]) {
    await visitor.post('/console/find', { q });
  }
  // Nobody has it: all customers are looked through.
  await visitor.post('/console/audience/search', { text: 'usr_nobody' });
  await visitor.get(await of(bob));
  const email = 'by-hand@buyers.example';
  await visitor.post('/console/audience/add', { email });
  const byHand = await of({ ...bob, email });
  await visitor.post(`${byHand}/edit`, { firstName: 'Grace', userGroup: 'VIP' });
  await visitor.post(`${byHand}/clear`, { field: 'firstName' });
  await visitor.post(`${byHand}/unsubscribe`);
  await visitor.post(`${byHand}/subscribe`);
  await visitor.post(`${await of(bob)}/lift-bounce`);
  await visitor.post(`${await of(eve)}/subscribe`);
  await visitor.post(`${byHand}/erase`);
  await visitor.post(`${await of(bob)}/erase`);
  await visitor.post(`/console/audience/customers/${joe.customerId}/erase`);
  await story.workOff();
  // And once more, for what was in flight.
  story.pass(1);
  await story.workOff();
}

type Earlier = Readonly<{ created: string; dunning: string }>;

/** Events, emails, runs, and what was done by hand. */
async function lookingBack(story: Story, { created, dunning }: Earlier): Promise<void> {
  const { visitor } = story;
  await visitor.get('/console');
  const event = `/console/events/${created}`;
  await visitor.get('/console/events');
  await visitor.get(event);
  await visitor.get(`${event}?ask=replay&triggers=on`);
  await visitor.post(event, { act: 'replay', triggers: 'on', again: 'on' });
  await visitor.post(event, { act: 'send-again', email: 'no-key' });
  await story.workOff();
  const [[email], [run]] = [await story.rows('Emails'), await story.rows('Runs')];
  await visitor.get('/console/emails');
  await visitor.get(`/console/emails/mail?key=${email?.['ledgerKey']}`);
  await visitor.get(dunning);
  await visitor.get(`/console/runs/${run?.['runId']}`);
  await story.fill(dunning, `${dunning}/pause`);
  await visitor.post(`/console/runs/${run?.['runId']}/stop`);
  await visitor.post(`${dunning}/stop-runs`);
  await visitor.get('/console/log');
}

/** Polar is connected by a token, then by a sign-in whose access token is soon over; watch looks, and it is ended. */
async function connecting(story: Story): Promise<void> {
  const { visitor, account, polar } = story;
  const accessToken = polar.organizationToken();
  await visitor.post('/console/polar/token', { tokenServer: 'production', accessToken });
  for (const act of ['repair', 'rotate']) await visitor.post(`/console/polar/${act}`);
  await visitor.get('/console/polar');
  const fields = { signInServer: 'production', clientId: '', clientSecret: '' };
  const { html } = await visitor.post('/console/polar/sign-in', fields);
  const [, url = ''] = /content="0; url=([^"]+)"/.exec(html) ?? [];
  const consent = await fetch(url.replaceAll('&amp;', '&'), { redirect: 'manual' });
  const { pathname, search } = new URL(consent.headers.get('location') ?? '');
  await visitor.get(`${pathname}${search}`, { 'sec-fetch-site': 'cross-site' });

  await polar.emit(polarPayload('order.paid', ada, new Date()));
  // As a person leaves it who changed the secret by hand: without an end of the previous one.
  const { previousUntil: _, ...secrets } = JSON.parse(account.secretOf('WebhookSecret'));
  const endless = JSON.stringify({ ...secrets, previous: account.secret });
  await account.putSecret('WebhookSecret', endless);
  story.pass(3);
  await story.call('watch');
  await importing(story);
  await story.fill('/console/polar/disconnect', '/console/polar/disconnect');
}

/** The console brings in the older half of Polar's customers, and the function that goes on without it the others. */
async function importing({ visitor, polar, pass, call }: Story): Promise<void> {
  const start = () => visitor.post('/console/polar/import/start');
  polar.shortenLists();
  await start();
  polar.restoreLists();
  polar.goDown();
  await start();
  polar.comeBack();
  pass(3);
  await call('importer');
}

type Told = readonly [type: SupportedEventType, of: Person, data?: object];

/** Polar tells of something. Gives the webhook id. */
async function arrives(story: Story, ...[type, of, data = {}]: Told): Promise<string> {
  const payload = polarPayload(type, of, new Date());
  const body = JSON.stringify({ ...payload, data: { ...Object(payload['data']), ...data } });
  const id = `evt-${type}-${of.customerId}`;
  const answer = await story.invoke(
    'ingest',
    signedRequest(body, { secret: story.account.secret, id }),
  );
  expect(answer).toMatchObject({ statusCode: 202 });
  return id;
}

/** The same, and all that follows from it at once is done. */
async function happens(story: Story, ...told: Told): Promise<string> {
  const webhookId = await arrives(story, ...told);
  await story.workOff();
  return webhookId;
}

async function contactOf(story: Story, { email }: Person) {
  const found = (await story.rows('Contacts')).find((one) => one['email'] === email);
  return { contactId: String(found?.['contactId']), customerId: String(found?.['customerId']) };
}

/** Somebody follows the link of an email, and confirms. */
async function leave(story: Story, one: Person): Promise<void> {
  const key = story.account.secretOf('SuppressionKey');
  const addressHash = createHmac('sha256', key).update(one.email).digest('hex');
  const token = unsubscribeTokens(key).of({ ...(await contactOf(story, one)), addressHash });
  await story.invoke('unsubscribe', request('GET', token));
  await story.invoke('unsubscribe', request('POST', token, 'List-Unsubscribe=One-Click'));
}
