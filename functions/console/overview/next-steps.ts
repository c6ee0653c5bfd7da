import { html } from 'hono/html';
import type { Import } from '#shared/audience/backfill/import.ts';
import { gapNote } from '#shared/polar/connection/gap.ts';
import type { Concern } from '#shared/status/concerns.ts';
import { numberText } from '../kit/numbers.ts';
import type { Html } from '../kit/page.ts';
import {
  brandPath,
  deadLettersPath,
  emailsPath,
  eventPath,
  importPath,
  polarPath,
  settingsPath,
  testPath,
  workflowsPath,
} from '../kit/paths.ts';
import { runPath } from '../kit/run-view.ts';
import { time } from '../kit/shown.ts';
import { importText } from '../kit/words.ts';

type Step = Readonly<{ label: string; href: string }>;

/** What is not well, the gravest first, each with the page that mends it. Nothing where all is well. */
export function concernsView(concerns: readonly Concern[]): Html {
  const [first, ...others] = concerns;
  if (!first) return html``;
  const step = stepFor(first);
  const [what, more] = told(first);
  return html`<section class="wrong-now" aria-labelledby="wrong-now">
<div class="first">
<div><h2 id="wrong-now">${what}</h2>${more && html`<p>${more}</p>`}</div>
<p><a class="button primary" href="${step.href}">${step.label}</a></p>
</div>
${
  others.length > 0
    ? html`<ul>${others.map((concern) => {
        const { label, href } = stepFor(concern);
        const [is, besides] = told(concern);
        return html`<li><span>${is} ${besides}</span> <a href="${href}">${label}</a></li>`;
      })}</ul>`
    : ''
}
</section>`;
}

/** What is wrong, in a sentence, and what else there is to say of it. */
function told(concern: Concern): [Html, Html | undefined] {
  if (concern.kind === 'gap') {
    const { what, at, why } = gapNote(concern.gap);
    return [
      html`${what} ${time(at)}.`,
      html`${why} Run <span class="code whole">npm run recover</span> to close the gap.`,
    ];
  }
  const [what, ...more] = typographic(concern.sentence).split(/(?<=\.) /);
  return [html`${what}`, more.length > 0 ? html`${more.join(' ')}` : undefined];
}

/** As the other sentences of the page; a terminal has the same sentence with the apostrophe of a keyboard. */
function typographic(sentence: string): string {
  return sentence.replace(/(?<=\p{L})'(?=\p{L})/gu, '’');
}

function stepFor(concern: Concern): Step {
  switch (concern.kind) {
    case 'held':
      return { label: 'Release mail', href: emailsPath };
    case 'queue-late':
    case 'dead-letters':
      return { label: 'See dead letters', href: deadLettersPath };
    case 'retried':
      return { label: 'See the oldest', href: failurePath(concern.failureId) };
    case 'emails-unknown':
      return { label: 'Decide on emails', href: `${emailsPath}?fate=unknown` };
    case 'emails-failed':
      return { label: 'See failed emails', href: `${emailsPath}?fate=failed` };
    case 'emails-waiting':
      return { label: 'See waiting emails', href: `${emailsPath}?fate=waiting` };
    case 'settings':
      return { label: 'Fix the settings', href: settingsPath };
    case 'not-connected':
      return { label: 'Connect Polar', href: polarPath };
    case 'gap':
    case 'previous-secret':
    case 'polar-silent':
      return { label: 'See the connection', href: polarPath };
    case 'connection':
      return { label: connectionSteps[concern.repair], href: polarPath };
  }
}

/** What failed: a step of a run, else an event. */
function failurePath(failureId: string): string {
  return failureId.startsWith('run ') ? runPath(failureId.slice(4)) : eventPath(failureId);
}

const connectionSteps = {
  enable: 'Open Polar to enable it',
  repair: 'Open Polar to repair it',
  redeliver: 'Open Polar to redeliver',
  connect: 'Reconnect to Polar',
  wait: 'See the connection',
} as const;

/** What a new deployment has, of what it needs. */
export type SetUp = Readonly<{
  isConnected: boolean;
  /** Whether webhooks can come in: also by a secret that somebody set by hand. */
  hasSecret: boolean;
  /** Why Polar cannot be connected with this stack at all. */
  obstacle: string | undefined;
  /** The newest import, or a look at what it would do. */
  imported: Import | undefined;
  /** Whether contacts came in without it: by `npm run backfill`, or so long ago that nobody asks for it any more. */
  needsNoImport: boolean;
  hasSender: boolean;
  hasPostalAddress: boolean;
  hasActiveWorkflow: boolean;
  /** Whether it mails, and was begun so long ago that nobody is asked any more to try it, or to connect what works by hand. */
  isInUse: boolean;
  /** Whether a test was sent, or it is in use. */
  needsNoTest: boolean;
}>;

/** `step`: absent where it cannot be done here. */
type ToDo = Readonly<{
  isDone: boolean;
  title: string;
  how: Html;
  step: Step | undefined;
  /** It takes a connection. */
  isOfConnection?: boolean;
}>;

/** Whoever set the secret by hand need not connect, and is not reminded of it for ever; nor who cannot connect. */
export function isSetUp(setUp: SetUp): boolean {
  const { isConnected, hasSecret, isInUse, obstacle } = setUp;
  const needsNoConnection = !isConnected && hasSecret && (isInUse || obstacle !== undefined);
  return toDos(setUp).every(
    ({ isDone, isOfConnection = false }) => isDone || (isOfConnection && needsNoConnection),
  );
}

/** The way from nothing to the first mail. Once all of it was done, that is said to who has just done it, and then nothing. */
export function setUpView(setUp: SetUp, wasJustDone = false): Html {
  const todos = toDos(setUp);
  const next = todos.findIndex(({ isDone, step }) => !isDone && step !== undefined);
  if (isSetUp(setUp)) return wasJustDone && setUp.isConnected ? allSet : html``;
  const done = todos.filter(({ isDone }) => isDone).length;
  return html`<section class="card set-up" aria-labelledby="set-up">
<div class="card-head"><h2 id="set-up">Get started</h2><p>${done} of ${todos.length} done</p></div>
<ol>${todos.map(
    (
      { isDone, title, how, step },
      at,
    ) => html`<li class="${isDone ? 'done' : at === next ? 'next' : 'later'}">
<div><h3>${title} <span class="unseen">${isDone ? '(done)' : '(to do)'}</span></h3>${isDone ? '' : html`<p>${how}</p>`}</div>
${isDone || !step ? '' : html`<a class="button${at === next ? ' primary' : ''}" href="${step.href}">${step.label}</a>`}
</li>`,
  )}</ol>
</section>`;
}

const allSet = html`<section class="card set-up" aria-labelledby="set-up">
<h2 id="set-up">You’re set up</h2>
<p>From here on, each event updates its contact and sends what your active workflows say. <a href="${emailsPath}">Emails</a> shows what went out, and this page says when something needs you.</p>
</section>`;

function connecting({ isConnected, hasSecret, obstacle }: SetUp): ToDo {
  return {
    isDone: isConnected,
    isOfConnection: true,
    title: 'Connect Polar',
    how: obstacle
      ? html`${obstacle}`
      : hasSecret
        ? html`A secret is set, so signed webhooks already come in. Connect to import customers and see deliveries.`
        : html`Sign in, choose an organization, and webhooks come in.`,
    step: obstacle ? undefined : { label: 'Connect', href: polarPath },
  };
}

/** A look that found nobody new is as good as an import. */
function importing({ imported, needsNoImport, isConnected }: SetUp): ToDo {
  const begun = imported?.kind === 'import' ? imported : undefined;
  const count = begun ? begun.customers : newOnes(imported);
  return {
    isDone: begun ? begun.state === 'done' : needsNoImport || count === 0,
    isOfConnection: true,
    title: count ? `Import ${numberText(count)} existing customers` : 'Import existing customers',
    how: isConnected ? html`${importText(begun)}` : html`Once Polar is connected.`,
    step: isConnected
      ? { label: begun ? 'See the import' : 'Import', href: importPath }
      : undefined,
  };
}

/** Whom an import would bring, by a finished look at it: the number on its button. */
function newOnes(looked: Import | undefined): number | undefined {
  return looked?.state === 'done' ? looked.place?.counts.drift.missing : undefined;
}

function toDos(setUp: SetUp): ToDo[] {
  return [
    connecting(setUp),
    importing(setUp),
    {
      isDone: setUp.hasSender && setUp.hasPostalAddress,
      title: 'Set up your sender',
      how: setUp.hasSender
        ? html`Add your postal address. Marketing mail needs one.`
        : html`Deploy with <code>-c mailFrom="Example Shop &lt;hello@example.com&gt;"</code>, then add your postal address.`,
      step: { label: 'Sender & brand', href: brandPath },
    },
    {
      isDone: setUp.hasActiveWorkflow,
      title: 'Activate your first workflow',
      how: html`Start from a ready-made one, such as a welcome or a receipt.`,
      step: { label: 'Choose a workflow', href: `${workflowsPath}/new` },
    },
    {
      isDone: setUp.needsNoTest,
      title: 'Send yourself a test event',
      how: html`See the email as a customer would.`,
      step: { label: 'Send a test event', href: testPath },
    },
  ];
}
