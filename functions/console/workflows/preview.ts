import { html } from 'hono/html';
import type { Contact } from '#shared/audience/person/person.ts';
import type { EventOutlook } from '#shared/audience/replay/event-outlook.ts';
import type { AudienceStore, ContactLookup } from '#shared/audience/rows/unit-of-work.ts';
import type { Brand } from '#shared/audience/settings/brand.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { readDraft, type WorkflowDraft } from '#shared/mail/check/written-draft.ts';
import { contactValues, isNameLeftOut } from '#shared/mail/contact-values.ts';
import type { EmailVariables } from '#shared/mail/render-email.ts';
import { subscriptionAsTold } from '#shared/mail/subscription-variables.ts';
import { sampleVariables } from '#shared/mail/test-email.ts';
import { isSupportedEventType, type SupportedEventType } from '#shared/polar/event-types.ts';
import { type Portal, withPortal } from '#shared/polar/portal.ts';
import type { CountStore } from '#shared/store/counts/counts.ts';
import type { EventLog, ListedEvent } from '#shared/store/events/event-log.ts';
import { emailFrame, previewPane } from '../kit/email-frame.ts';
import { choice } from '../kit/fields.ts';
import type { MoreSources } from '../kit/guard.ts';
import type { Html } from '../kit/page.ts';
import { outlookView } from '../kit/run-view.ts';
import { badge } from '../kit/shown.ts';
import { daysToSearch } from './days-to-search.ts';
import { recentEvents, type SeenValues } from './recent-events.ts';
import { type ShownEmail, shownEmail, shownSubjects } from './shown-email.ts';

/** In place of the id of an event: the values are made up. */
export const madeUp = 'made-up';

export type Preview = Readonly<{
  /** What the workflow would do for the event that it is shown with; absent where that is made up, or not to be told. */
  verdict?: EventOutlook | undefined;
  /** It is of the version that is saved, because what was typed cannot be shown. */
  isOfSaved?: boolean;
  /** Values that recent events had, by property. */
  seen: SeenValues;
  /** Subjects of its emails as people get them with these values, by how they are written. */
  subjects: ReadonlyMap<string, string>;
  /** The latest events that it can be shown with, newest first. */
  events: readonly ListedEvent[];
  /** The webhook id of the one it is shown with, or `madeUp`. */
  example: string;
  email: ShownEmail;
}>;

type Parts = Readonly<{
  events: Pick<EventLog, 'ofDay' | 'find'>;
  counts: Pick<CountStore, 'days'>;
  store: Pick<AudienceStore, 'load'>;
  hasSender: boolean;
  contactOf: ContactLookup;
  unsubscribeUrl: string;
  now: () => Date;
}>;

type Wanted = Readonly<{
  written: unknown;
  /** As it would be saved; absent while something is wrong with it. */
  workflow: Workflow | undefined;
  settings: Settings;
  brand: Brand;
  portal: Portal | undefined;
  /** A webhook id, `madeUp`, or nothing in particular: the latest event that can be shown. */
  example: string | undefined;
  /** The id of the email; absent, or of none: the first. */
  shown?: string | undefined;
}>;

const nothingToShow: Preview = {
  ...{ events: [], example: madeUp, seen: new Map(), subjects: new Map() },
  email: { kind: 'nothing' },
};

const mostEvents = 10;
const enoughEvents = 3;
const someone = 'ada@example.com';

type Values = Readonly<{
  variables: EmailVariables | undefined;
  /** Absent where the values are made up. */
  contact: Contact | undefined;
}>;
const nobodyToShow: Values = { variables: undefined, contact: undefined };

/** Shows an email, saved or not, with the values of a real event of the last month, or with made-up ones. */
export function previews(parts: Parts) {
  const { events, counts, contactOf, unsubscribeUrl, now } = parts;
  return async (wanted: Wanted): Promise<Preview> => {
    const { written, workflow, settings, brand, portal, example } = wanted;
    const read = readDraft(written);
    if (read.kind === 'refused') return nothingToShow;
    const { draft } = read;
    const sends = draft.steps.filter((step) => step.kind === 'send');
    const step = sends.find(({ id }) => id === wanted.shown) ?? sends[0];
    if (!step) return nothingToShow;
    const { event } = draft.trigger;
    const latest = await latestOf(event);
    const known = await recentEvents(latest, workflow, settings, parts);
    const { usable } = known;
    const chosen = example === madeUp ? undefined : await chosenOf(event, example, latest, usable);
    const sample = workflow ? draft : withoutConditions(draft);
    const values = chosen
      ? await valuesOf(chosen, portal, brand)
      : { variables: sampleVariables(sample, someone, now(), portal, brand), contact: undefined };
    const shownWith = { event, ...values, settings, brand, unsubscribeUrl };
    return {
      events: latest,
      example: chosen ?? madeUp,
      verdict: chosen === undefined ? undefined : known.verdicts.get(chosen),
      seen: known.seen,
      subjects: shownSubjects(
        sends.map(({ email }) => email),
        shownWith,
      ),
      email: shownEmail(step.email, shownWith),
    };
  };

  async function latestOf(type: SupportedEventType): Promise<ListedEvent[]> {
    const found: ListedEvent[] = [];
    for (const day of await daysToSearch(counts, type, now())) {
      if (found.length >= enoughEvents) break;
      const { items, isCutShort } = await events.ofDay(day, { type }, mostEvents - found.length);
      found.push(...items);
      // Nobody waits for a search through other days as full as this one.
      if (isCutShort) break;
    }
    return found;
  }

  /** A chosen event counts only if the workflow could be about it. */
  async function chosenOf(
    type: SupportedEventType,
    example: string | undefined,
    latest: readonly ListedEvent[],
    usable: string | undefined,
  ): Promise<string | undefined> {
    const isListed = latest.some(({ webhookId }) => webhookId === example);
    if (!example || isListed) return example || usable;
    const kept = await events.find(example);
    return kept?.record.type === type ? example : usable;
  }

  async function valuesOf(
    webhookId: string,
    portal: Portal | undefined,
    { portalUrl }: Brand,
  ): Promise<Values> {
    const kept = await events.find(webhookId);
    const { contactId, customerId, properties } = kept?.record ?? {};
    if (contactId === undefined || customerId === undefined || !properties) return nobodyToShow;
    const { contact } = await contactOf({ contactId, customerId });
    if (!contact) return nobodyToShow;
    const variables = {
      contact: contactValues(contact),
      event: withPortal(properties, portal, contact.address, portalUrl),
      subscription: subscriptionAsTold(properties),
      isNameLeftOut: isNameLeftOut(contact),
    };
    return { variables, contact };
  }
}

function withoutConditions({ trigger }: WorkflowDraft): Pick<WorkflowDraft, 'trigger'> {
  return { trigger: { ...trigger, conditions: [] } };
}

export function eventOf(typed: Readonly<{ event: string }>): SupportedEventType | undefined {
  return isSupportedEventType(typed.event) ? typed.event : undefined;
}

type PreviewedWith = Readonly<{
  typed: Readonly<{ steps: readonly Step[] }>;
  look: Look;
  /** What the page may show of emails. */
  sources: MoreSources;
}>;

/** The email as it would look, with what it is shown with. Part of the form: its button saves nothing. */
export function previewView(
  { events, example, email, verdict, isOfSaved, subjects }: Preview,
  { typed, look, sources }: PreviewedWith,
): Html {
  const listed = events.some(({ webhookId }) => webhookId === example);
  const choices = choice({ name: 'example', label: 'With the values of', value: example }, [
    ...events.map((event) => [event.webhookId, nameOf(event)] as const),
    ...(listed || example === madeUp
      ? []
      : [[example, `The event ${example.slice(0, 40)}`] as const]),
    [madeUp, 'A made-up event'],
  ]);
  const body = html`${events.length === 0 ? html`<p class="soft small">No such event came in the last 30 days, so the values are made up.</p>` : ''}
${isOfSaved ? html`<p class="note">This is the saved version. Fix the problems to preview what you typed.</p>` : ''}
${verdictView(verdict, typed.steps, subjects)}
${emailView(email, look)}`;
  return previewPane({ choices, back: '#preview', sources, body });
}

type Step = Readonly<{ id: string; email?: Readonly<{ subject: string }> }>;

/** Whether the event would send, if it came in now. */
function verdictView(
  verdict: EventOutlook | undefined,
  steps: readonly Step[],
  subjects: Preview['subjects'],
): Html {
  if (!verdict) return html``;
  if (verdict.kind === 'nothing') {
    return html`<p>${badge('sends nothing', 'warn')} If this event came in now: ${verdict.reason}</p>`;
  }
  const { outlook } = verdict;
  if (steps.length < 2) {
    return html`<p>${badge('sends', 'good')} If this event came in now, and hadn’t been mailed before.</p>`;
  }
  return html`<details><summary>${badge('sends', 'good')} What it would do for this customer from now on</summary>
${outlookView(outlook, new Map(steps.flatMap(({ id, email }) => (email ? [[id, subjects.get(email.subject) ?? email.subject] as const] : []))))}</details>`;
}

/** How the email is looked at. The choice is the style sheet's; it goes with the form so that the next preview keeps it. */
export type Look = Readonly<{ isNarrow: boolean; isDark: boolean }>;

export const usualLook: Look = { isNarrow: false, isDark: false };

function looks({ isNarrow, isDark }: Look): Html {
  const checked = (is: boolean) => (is ? html` checked` : '');
  return html`<fieldset class="looks" data-view>
<legend class="unseen">Look of the preview</legend>
<label class="width"><input type="radio" name="look" value="wide" class="look-wide"${checked(!isNarrow)}> Wide</label>
<label class="width"><input type="radio" name="look" value="phone" class="look-phone"${checked(isNarrow)}> Phone</label>
<label><input type="checkbox" name="dark" class="look-dark"${checked(isDark)}> Dark</label>
</fieldset>`;
}

function nameOf({ receivedAt, email }: ListedEvent): string {
  const minute = receivedAt.slice(0, 16).replace('T', ' ');
  return `${minute} UTC, ${email ?? 'no address'}`;
}

function emailView(email: Preview['email'], look: Look): Html {
  switch (email.kind) {
    case 'nothing':
      return html`<p class="note">Fix the problems to see a preview.</p>`;
    case 'blocked':
      return html`<p class="note">With these values the email would be blocked: ${email.reason}</p>`;
    case 'rendered':
      return html`<dl class="facts">
<div><dt>Subject</dt><dd><strong>${email.subject}</strong></dd></div>
${email.preheader && html`<div><dt>Preheader</dt><dd>${email.preheader}</dd></div>`}
</dl>
${email.nameNote && html`<p class="note">${email.nameNote}</p>`}
${looks(look)}
${emailFrame(email.html)}
<details><summary>As plain text</summary><pre tabindex="0">${email.text}</pre></details>`;
  }
}
