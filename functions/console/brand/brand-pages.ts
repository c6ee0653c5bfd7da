import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import {
  type Brand,
  brandChanges,
  brandDocument,
  brandFields,
  brandProblem,
  checkBrand,
  cleanBrandText,
  isFormerSetting,
  readBrand,
  settingsOfMails,
  wholeBrand,
  wholeDocument,
} from '#shared/audience/settings/brand.ts';
import { versionOf } from '#shared/audience/settings/document.ts';
import type { Settings, SettingsDocument } from '#shared/audience/settings/settings.ts';
import { compileEmail } from '#shared/mail/compile/compile-email.ts';
import { readyMade } from '#shared/mail/ready-made/ready-made.ts';
import { previewEmail, sampleVariables } from '#shared/mail/test-email.ts';
import { portalPage } from '#shared/polar/portal.ts';
import { dynamoPortal } from '#shared/store/polar/portal.ts';
import { brandItem } from '#shared/store/settings/brand.ts';
import { keptBrand, keptVersions, replaceDocument } from '#shared/store/settings/kept-versions.ts';
import { everyElement } from '../kit/email-elements.ts';
import { emailSources } from '../kit/email-frame.ts';
import { textOf } from '../kit/fields.ts';
import { policyWith } from '../kit/guard.ts';
import { type ConsoleEnv, type Flash, type Html, page } from '../kit/page.ts';
import { brandPath } from '../kit/paths.ts';
import { goOn } from '../kit/remembered.ts';
import { problemFlash, table, time, who } from '../kit/shown.ts';
import type { ConsoleParts } from '../parts.ts';
import {
  brandForm,
  fieldWords,
  inDarkMode,
  readBrandForm,
  type TypedBrand,
  typedOf,
  versionsView,
} from './brand-form.ts';

const someone = 'ada@example.com';
const mostVersions = 20;

type Shown = Readonly<{
  typed: TypedBrand;
  /** The settings, which have what the brand does not have of its own yet. */
  known: Settings;
  version: number;
  problems?: Readonly<Record<string, string>>;
  template?: string;
  status?: 200 | 409 | 422;
  /** What comes before the form. */
  note?: Html;
}>;

/** In whose name mails speak: the form, a preview as mails would be, and earlier versions. */
export function brandPages(parts: ConsoleParts) {
  const { db, env, settings, mailFrom, now } = parts;
  const read = brandItem(db, env.SETTINGS_TABLE);
  const portalNow = dynamoPortal(db, env.SETTINGS_TABLE);

  async function shown(c: Context<ConsoleEnv>, show: Shown, stored: SettingsDocument) {
    const { typed, known, version, problems = {}, status = 200, note } = show;
    const [portal, kept] = await Promise.all([
      portalNow(),
      keptVersions(db, env.SETTINGS_TABLE, keptBrand),
    ]);
    const template = readyMade.find(({ name }) => name === show.template) ?? firstShown;
    const brand = rightIn(typed);
    const look = { settings: settingsOfMails(known, brand), brand };
    const compilation = template && compileEmail(template.email, template.event);
    const { event = 'order.paid', conditions = [] } = template ?? {};
    const email =
      compilation?.kind === 'compiled'
        ? previewEmail({
            kind: template?.email.kind ?? 'transactional',
            event,
            compiled: compilation.compiled,
            variables: sampleVariables(
              { trigger: { event, conditions: [...conditions] } },
              someone,
              now(),
              portal,
              brand,
            ),
            ...look,
            unsubscribeUrl: env.UNSUBSCRIBE_URL,
          })
        : undefined;
    const frame = email?.kind === 'rendered' ? email.html : undefined;
    const elements = everyElement({ ...look, unsubscribeUrl: env.UNSUBSCRIBE_URL });
    const light = `${frame ?? ''}${elements}`;
    const sources = emailSources(`${light}${inDarkMode(light)}`);
    c.header('content-security-policy', policyWith(sources));
    const versions = kept.slice(0, mostVersions).map((one) => {
      const before = kept.find(({ version: earlier }) => earlier === one.version - 1);
      return {
        ...one,
        changes: before ? brandChanges(before.document, one.document) : [],
        isValid: readBrand(one.document).faults.length === 0,
      };
    });
    return page(c, {
      title: 'Sender & brand',
      section: 'brand',
      status,
      body: html`${note}
<p>Shown in every email and on the unsubscribe page. Leave a field empty to leave it out.</p>
${brandForm(c, {
  typed,
  version,
  isSent: c.req.method === 'POST',
  problems,
  template: template?.name ?? '',
  portal: portal && portalPage(portal),
  mailFrom,
  email: frame,
  sources,
})}
${versionsView(c, versions, versionOf(stored) ?? 0)}`,
    });
  }

  /** Gives the new version; `undefined`: someone else was first. */
  const replaced = (seen: SettingsDocument, next: SettingsDocument, by: string) =>
    replaceDocument(db, env.SETTINGS_TABLE, keptBrand, { seen, next }, { at: now(), by });

  const app = new Hono<ConsoleEnv>();

  app.get('/', async (c) => {
    const [stored, known] = await Promise.all([read(), settings()]);
    const { brand, faults } = readBrand(stored);
    const problems = Object.fromEntries(faults.map(({ path, problem }) => [path, problem]));
    const note = html`${
      faults.length > 0 &&
      html`<p class="note">Someone edited the brand by hand, and ${faults.map(({ path }) => `“${fieldWords[path]}”`).join(', ')} can’t be used: emails leave ${faults.length === 1 ? 'it' : 'them'} out. Save to fix it.</p>`
    }`;
    return shown(
      c,
      {
        ...{ typed: typedOf(wholeBrand(brand, known)), known, problems, note },
        version: versionOf(stored) ?? 0,
      },
      stored,
    );
  });

  app.post('/', async (c) => {
    const form = c.get('form');
    const typed = readBrandForm(form);
    const version = Number.parseInt(textOf(form, 'version'), 10);
    if (!typed || Number.isNaN(version)) return goOn(c, brandPath, notWhole);
    const template = textOf(form, 'template');
    const [stored, known] = await Promise.all([read(), settings()]);
    const checked = checkBrand(typed);
    const problems = checked.kind === 'invalid' ? checked.problems : {};
    if (textOf(form, 'act') === 'preview') {
      return shown(c, { typed, known, version, problems, template }, stored);
    }
    if (checked.kind === 'invalid') {
      const show = { typed, known, version, problems, template };
      return shown(c, { ...show, status: 422, note: wrong }, stored);
    }
    const next = brandDocument(checked.brand);
    const isCurrent = version === (versionOf(stored) ?? 0);
    if (isCurrent && brandChanges(wholeDocument(stored, known), next).length === 0) {
      return goOn(c, brandPath, { kind: 'done', text: 'Nothing was changed.' });
    }
    if (isCurrent && (await replaced(stored, next, c.get('by'))) !== undefined) {
      return goOn(c, brandPath, saved);
    }
    const there = await read();
    const note = overtaken(wholeDocument(there, known), next);
    const again = versionOf(there) ?? 0;
    return shown(c, { typed, known, version: again, template, status: 409, note }, there);
  });

  app.post('/restore', async (c) => {
    const form = c.get('form');
    const stored = await read();
    const isCurrent = textOf(form, 'present') === String(versionOf(stored) ?? 0);
    const kept = await keptVersions(db, env.SETTINGS_TABLE, keptBrand);
    const wanted = kept.find(({ version }) => String(version) === textOf(form, 'version'));
    if (!wanted || readBrand(wanted.document).faults.length > 0) {
      return goOn(c, brandPath, { kind: 'problem', text: 'There’s no such version to restore.' });
    }
    const next = brandDocument(readBrand(wanted.document).brand);
    if (!isCurrent || (await replaced(stored, next, c.get('by'))) === undefined) {
      return goOn(c, brandPath, { kind: 'problem', text: changedMeanwhile });
    }
    const text = `Version ${wanted.version} restored. Emails use it within 30 seconds.`;
    return goOn(c, brandPath, { kind: 'done', text });
  });

  // A reload of the page that says what came in between asks for it so.
  app.get('/restore', (c) => c.redirect(brandPath));
  return app;
}

const firstShown = readyMade.find(({ name }) => name === 'receipt');

/** What of a typed brand can be shown already. */
function rightIn(typed: TypedBrand): Brand {
  const texts = brandFields.map((field) => [field, cleanBrandText(field, typed[field])] as const);
  const right = texts.filter(
    ([field, text]) => (text !== '' || isFormerSetting(field)) && !brandProblem(field, text),
  );
  return Object.fromEntries(right);
}

const notWhole: Flash = {
  kind: 'problem',
  text: 'The form arrived incomplete, so nothing was saved. Fill it in again.',
};
const saved: Flash = { kind: 'done', text: 'Saved. Emails use it within 30 seconds.' };
const changedMeanwhile = 'Someone else changed the brand in the meantime, so nothing was changed.';
const wrong = problemFlash('Nothing was saved. Fix what’s marked below.');

function overtaken(there: SettingsDocument, mine: SettingsDocument): Html {
  const rows = brandChanges(there, mine).map(({ path, from, to }) => [
    fieldWords[path],
    from || 'none',
    to || 'none',
  ]);
  const { savedAt, savedBy } = there;
  const when = typeof savedAt === 'string' ? html` on ${time(savedAt)}` : '';
  const whose = typeof savedBy === 'string' ? who(savedBy) : 'someone else';
  return html`<p class="note">The brand was saved by ${whose}${when}, after you opened it. Your changes aren’t saved yet; they’re below. <strong>Save</strong> replaces what’s there, or <a href="${brandPath}">discard yours</a>.</p>
${table('Where the two differ', ['Field', 'There now', 'Yours'], rows)}`;
}
