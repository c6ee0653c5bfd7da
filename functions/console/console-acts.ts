import { type ActDraft, type ActVerb, holdSentence } from '#shared/audience/operator-act.ts';
import { textOf } from './kit/fields.ts';
import { idInPath } from './kit/in-url.ts';
import type { ActOf, ActsOfRoutes } from './kit/noting.ts';

const audience = '/console/audience';
const workflow = '/console/workflows/:workflowId';
const polar = '/console/polar';

/** A route that changes nothing, though its form is posted: what it carries must not be in a URL, or nothing is saved. */
const looksOnly: ActOf = () => undefined;

const always =
  (what: ActVerb, sentence: string): ActOf =>
  ({ params }) => ({ what, on: params, sentence });

/** What the console does, route by route. A POST that is missing here is refused. */
export const consoleActs: ActsOfRoutes = {
  [`POST ${audience}/search`]: looksOnly,
  'POST /console/find': looksOnly,
  [`POST ${audience}/add`]: always('contact.add', 'Add a contact by hand.'),
  [`POST ${audience}/:contactId/edit`]: always('contact.edit', 'Edit a contact by hand.'),
  [`POST ${audience}/:contactId/clear`]: always(
    'contact.edit',
    'Clear a field that was set by hand.',
  ),
  [`POST ${audience}/:contactId/unsubscribe`]: always('unsubscribe', 'Unsubscribe a contact.'),
  [`POST ${audience}/:contactId/subscribe`]: always('subscribe', 'Subscribe a contact.'),
  [`POST ${audience}/:contactId/lift-bounce`]: always('bounce.lift', 'Lift a bounce.'),
  [`POST ${audience}/:contactId/erase`]: always('erasure', 'Erase a contact.'),
  [`POST ${audience}/customers/:customerId/erase`]: ({ params }) => ({
    what: 'erasure',
    on: { customerId: idInPath(params['customerId'] ?? '') },
    sentence: 'Erase a customer without a contact.',
  }),
  // The pages after the first belong to the same file.
  [`GET ${audience}/export.csv`]: ({ query }) => (query['after'] ? undefined : exported(query)),

  'POST /console/events/:webhookId{.+}': ({ params, form }) => {
    const webhookId = idInPath(params['webhookId'] ?? '');
    switch (textOf(form, 'act')) {
      case 'replay':
        return { what: 'replay', on: { webhookId, count: 1 }, sentence: replayed(form) };
      case 'mark-sent':
        return settled('email.mark-sent', webhookId, form, 'Mark an email as sent.');
      case 'send-again':
        return settled('email.send-again', webhookId, form, 'Send an email again.');
      default:
        return undefined;
    }
  },

  'POST /console/workflows': always('workflow.add', 'Add a workflow as a draft.'),
  [`POST ${workflow}/edit`]: ({ params, form }) =>
    // Its other buttons show the form again, with a preview or another row.
    textOf(form, 'act') === 'save'
      ? { what: 'workflow.edit', on: params, sentence: 'Save a workflow.' }
      : undefined,
  [`POST ${workflow}/activate`]: always('workflow.activate', 'Activate a workflow.'),
  [`POST ${workflow}/pause`]: always('workflow.pause', 'Pause a workflow.'),
  [`POST ${workflow}/remove`]: always('workflow.remove', 'Remove a workflow.'),
  [`POST ${workflow}/restore`]: always(
    'workflow.restore',
    'Restore an earlier version of a workflow.',
  ),
  [`POST ${workflow}/stop-runs`]: always('run.stop', 'Stop all waiting runs of a workflow.'),
  [`POST ${workflow}/test`]: always('test.sent', 'Send a test of a workflow.'),

  'POST /console/runs/:runId/stop': always('run.stop', 'Stop a run of a workflow.'),

  'POST /console/emails/hold': ({ form }) => ({
    what: 'hold',
    on: {},
    sentence: holdSentence(textOf(form, 'reason')),
  }),
  'POST /console/emails/release': always('release', 'Release all mail.'),
  'POST /console/brand': ({ form }) =>
    // Its other button shows the form again, with a preview.
    textOf(form, 'act') === 'preview'
      ? undefined
      : { what: 'brand.set', on: {}, sentence: 'Change the brand.' },
  'POST /console/brand/restore': ({ form }) => ({
    what: 'brand.restore',
    on: { restored: textOf(form, 'version') },
    sentence: 'Restore an earlier version of the brand.',
  }),

  'POST /console/settings': always('settings.set', 'Save the settings.'),
  [`POST ${polar}/token`]: always('polar.connect', 'Connect Polar with an access token.'),
  [`POST ${polar}/sign-in`]: looksOnly,
  [`POST ${polar}/sign-in/cancel`]: looksOnly,
  [`POST ${polar}/organization`]: always('polar.connect', 'Connect a Polar organization.'),
  [`GET ${polar}/callback`]: always('polar.connect', 'Sign in to Polar.'),
  [`POST ${polar}/enable`]: always('polar.repair', 'Enable the endpoint in Polar.'),
  [`POST ${polar}/repair`]: always('polar.repair', 'Repair the connection with Polar.'),
  [`POST ${polar}/redeliver`]: always('polar.redeliver', 'Have Polar redeliver events.'),
  [`POST ${polar}/rotate`]: always('secret.rotate', 'Rotate the webhook secret.'),
  [`POST ${polar}/drop-previous`]: always(
    'secret.drop-previous',
    'End the previous webhook secret.',
  ),
  [`POST ${polar}/emails-off`]: mails('Switch Polar’s emails off.'),
  [`POST ${polar}/emails-on`]: mails('Switch Polar’s emails on.'),
  [`POST ${polar}/accept-emails`]: mails('Accept Polar’s emails as they are.'),
  [`POST ${polar}/import/look`]: looksOnly,
  [`POST ${polar}/import/start`]: always('backfill', 'Import Polar’s customers.'),
  [`POST ${polar}/import/continue`]: always('backfill', 'Continue the customer import.'),
  [`POST ${polar}/import/stop`]: always('backfill', 'Stop the customer import.'),
  [`POST ${polar}/disconnect`]: always('polar.disconnect', 'Disconnect from Polar.'),

  'POST /console/test': ({ form }) => ({
    what: 'test.sent',
    on: { type: textOf(form, 'type') },
    sentence: 'Send a test event.',
  }),

  'POST /console/dead-letters/resend': ({ form }) => ({
    what: 'deadletters.resend',
    on: letters(form),
    sentence: 'Send dead letters again.',
  }),
  'POST /console/dead-letters/discard': ({ form }) => ({
    what: 'deadletters.discard',
    on: letters(form),
    sentence: form.has('ids') ? 'Discard dead letters.' : 'Discard a dead letter.',
  }),
  'POST /console/dead-letters/bodies': always(
    'deadletters.export',
    'Download the bodies of dead letters.',
  ),
  'POST /console/dead-letters/put-back': always(
    'deadletters.put-back',
    'Put discarded dead letters back.',
  ),
};

function mails(sentence: string): ActOf {
  return ({ form }) => {
    const keys = textOf(form, 'keys');
    return { what: 'polar.mails', on: keys === '' ? {} : { mails: keys }, sentence };
  };
}

/** What narrows nothing there is nothing here, either: all are in the file then. */
function exported({ group = '', consent = '' }: Readonly<Record<string, string>>): ActDraft {
  const isByConsent = ['subscribed', 'unsubscribed'].includes(consent);
  const isNarrowed = isByConsent || group.trim() !== '';
  return {
    what: 'audience.export',
    on: { ...(isByConsent && { consent }) },
    sentence: isNarrowed ? 'Export some contacts.' : 'Export all contacts.',
  };
}

function replayed(form: FormData): string {
  if (textOf(form, 'triggers') !== 'on') return 'Replay an event, without workflows.';
  return textOf(form, 'again') === 'on'
    ? 'Replay an event, with emails sent before.'
    : 'Replay an event, with workflows.';
}

function settled(what: ActVerb, webhookId: string, form: FormData, sentence: string): ActDraft {
  return { what, on: { webhookId, ledgerKey: textOf(form, 'email') }, sentence };
}

function letters(form: FormData): Record<string, string> {
  const [id, queue] = [textOf(form, 'id'), textOf(form, 'queue')];
  return { ...(id && { messageId: id }), ...(queue && { queue }) };
}
