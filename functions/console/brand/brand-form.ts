import type { Context } from 'hono';
import { html } from 'hono/html';
import {
  accentNote,
  type Brand,
  type BrandField,
  type brandChanges,
  brandFields,
  brandProblem,
  cleanBrandText,
} from '#shared/audience/settings/brand.ts';
import { readyMade } from '#shared/mail/ready-made/ready-made.ts';
import type { KeptVersion } from '#shared/store/settings/kept-versions.ts';
import { emailFrame, previewPane } from '../kit/email-frame.ts';
import { saveBar } from '../kit/enhanced.ts';
import { act, choice, postForm, textArea, textField, textOf } from '../kit/fields.ts';
import type { MoreSources } from '../kit/guard.ts';
import type { ConsoleEnv, Html } from '../kit/page.ts';
import { brandPath } from '../kit/paths.ts';
import { table, time, who } from '../kit/shown.ts';

/** What a person typed, right or wrong. */
export type TypedBrand = Readonly<Record<BrandField, string>>;

export const fieldWords: Readonly<Record<BrandField, string>> = {
  name: 'Name',
  logo: 'Logo',
  logoDark: 'Logo for dark mode',
  logoAlt: 'Alt text of the logo',
  accent: 'Accent color',
  website: 'Website',
  supportAddress: 'Support address',
  portalUrl: 'Customer portal',
  footer: 'Footer text',
  postalAddress: 'Postal address',
  timeZone: 'Time zone',
  language: 'Language of dates and amounts',
};

const hints: Readonly<Record<BrandField, string>> = {
  name: 'Shown at the top and bottom of every email, and on the unsubscribe page.',
  logo: 'The https address of a PNG or JPEG, at least 56 pixels high. Shown 28 pixels high, beside the name.',
  logoDark: 'Shown instead in dark mode.',
  logoAlt: 'For readers who see no images. Leave it empty if the logo only repeats the name.',
  accent: 'The line above an email and its button, such as #1d4ed8.',
  website: 'Where the logo and name link to; also linked in the footer.',
  supportAddress:
    'Gets replies to emails without a reply-to of their own. “Help” in the footer links to it.',
  portalUrl: 'Where customers find invoices and cancel.',
  footer: 'Such as your company and its number. Shown below the postal address.',
  postalAddress: 'Shown at the foot of every email. Marketing isn’t sent without one.',
  timeZone: 'For dates and times in emails, such as Europe/Berlin. UTC if empty.',
  language: 'Such as en, en-GB, de or pt-BR. Text isn’t translated.',
};

export function typedOf(brand: Brand): TypedBrand {
  return texts((field) => brand[field] ?? '');
}

/** `undefined` where the form is not whole. */
export function readBrandForm(form: FormData): TypedBrand | undefined {
  return brandFields.every((field) => form.has(field))
    ? texts((field) => textOf(form, field))
    : undefined;
}

function texts(of: (field: BrandField) => string): TypedBrand {
  return {
    name: of('name'),
    logo: of('logo'),
    logoDark: of('logoDark'),
    logoAlt: of('logoAlt'),
    accent: of('accent'),
    website: of('website'),
    supportAddress: of('supportAddress'),
    portalUrl: of('portalUrl'),
    footer: of('footer'),
    postalAddress: of('postalAddress'),
    timeZone: of('timeZone'),
    language: of('language'),
  };
}

type BrandForm = Readonly<{
  typed: TypedBrand;
  /** The version that the form was made from. */
  version: number;
  /** It comes back with what was typed and is not saved. */
  isSent: boolean;
  problems: Readonly<Record<string, string>>;
  template: string;
  /** Who mail is from, as the stage was deployed. */
  mailFrom: string | undefined;
  /** The portal in Polar, which counts where none is given. */
  portal: string | undefined;
  /** The email of the preview as HTML; absent: it cannot be shown. */
  email: string | undefined;
  /** What the page may show of emails. */
  sources: MoreSources;
}>;

export function brandForm(c: Context<ConsoleEnv>, form: BrandForm): Html {
  const { typed, version, problems, template, mailFrom, portal, email, sources } = form;
  const parts = (name: BrandField) => ({
    name,
    label: fieldWords[name],
    value: typed[name],
    problem: problems[name],
    hint: `${hints[name]}${more(name, typed, portal)}`,
  });
  const field = (name: BrandField) => textField(parts(name));
  return postForm(c, {
    action: brandPath,
    class: 'editor',
    unsaved: form.isSent ? 'already' : 'warns',
    body: html`<input type="hidden" name="version" value="${version}">
<div class="columns">
<div>
<div class="card"><h2>Identity</h2>${sender(mailFrom)}${field('name')}${field('logo')}${field('logoDark')}${field('logoAlt')}${field('accent')}</div>
<div class="card"><h2>Links</h2>${field('website')}${field('supportAddress')}${field('portalUrl')}</div>
<div class="card"><h2>Footer and formats</h2>${textArea(parts('postalAddress'))}${field('footer')}${field('timeZone')}${field('language')}</div>
${saveBar()}
</div>
<div>
${previewPane({
  choices: choice(
    { name: 'template', label: 'Email', value: template },
    readyMade.map(({ name, title }) => [name, title] as const),
  ),
  back: `${brandPath}#preview`,
  sources,
  body:
    email === undefined
      ? html`<p class="note">Fix the problems to see a preview.</p>`
      : html`${emailFrame(email)}
<details><summary>In dark mode</summary>${emailFrame(inDarkMode(email))}</details>`,
})}
</div>
</div>`,
  });
}

/** The deployment says who mail is from, name included; the name below is another one. */
function sender(mailFrom: string | undefined): Html {
  return mailFrom === undefined
    ? html`<p class="note">No sender is set up, so no email goes out. Deploy with <code>-c mailFrom="Example Shop &lt;hello@example.com&gt;"</code>.</p>`
    : html`<p class="sender">Emails are from <strong>${mailFrom}</strong><br><span class="hint">Set by the deployment: <code>-c mailFrom</code>. The fields below don’t change it.</span></p>`;
}

/** A mail as programs show it that are dark, whatever the browser is. */
export function inDarkMode(email: string): string {
  return email.replace('@media (prefers-color-scheme:dark){', '@media all{');
}

function more(name: BrandField, typed: TypedBrand, portal: string | undefined): string {
  if (name === 'accent') {
    const accent = cleanBrandText('accent', typed.accent);
    return accent && !brandProblem('accent', accent) ? ` ${accentNote(accent)}` : '';
  }
  if (name !== 'portalUrl') return '';
  return portal
    ? ` If empty: ${portal}, your organization’s in Polar, with the customer’s address filled in.`
    : ' If empty: your organization’s in Polar, once Polar is connected.';
}

export type ShownVersion = KeptVersion &
  Readonly<{
    changes: ReturnType<typeof brandChanges>;
    isValid: boolean;
  }>;

/** The versions, the newest first, each with a way back to it. */
export function versionsView(
  c: Context<ConsoleEnv>,
  versions: readonly ShownVersion[],
  present: number,
): Html {
  if (versions.length < 2) return html``;
  const rows = versions.map((one) => [
    String(one.version),
    one.savedAt ? time(one.savedAt) : '',
    one.savedBy === undefined ? '' : who(one.savedBy),
    one.version === 0 ? 'nothing was set' : html`<span class="lines">${changesText(one)}</span>`,
    one.version === present || !one.isValid
      ? html`<span class="soft">${one.version === present ? 'current' : 'no longer valid'}</span>`
      : act(c, 'Restore', `${brandPath}/restore`, {
          fields: { version: String(one.version), present: String(present) },
        }),
  ]);
  return html`<h2 id="versions">Versions</h2>
${table('Versions of the brand', ['Version', 'Saved', 'By', 'Changed', 'Restore'], rows)}`;
}

function changesText({ changes }: ShownVersion): string {
  const lines = changes.map(
    ({ path, from, to }) => `${fieldWords[path]}: ${from || 'none'} → ${to || 'none'}`,
  );
  return lines.length === 0
    ? 'nothing'
    : lines.map((line) => line.replaceAll('\n', ', ')).join('\n');
}
