import type { Context } from 'hono';
import { html } from 'hono/html';
import { readyMade } from '#shared/mail/ready-made.ts';
import type { ConsoleEnv } from '../console-env.ts';
import { act } from '../fields.ts';
import type { Html } from '../page.ts';
import { badge } from '../shown.ts';
import { frequencyWords, kindWords } from './workflow-words.ts';

const path = '/console/workflows';

/** What a new workflow can begin as. */
export function newWorkflow(c: Context<ConsoleEnv>): Html {
  return html`<p>Each of these becomes a draft that you can change. Nothing is sent before you activate it.</p>
<div class="columns choices">
${readyMade.map(
  ({
    name,
    title,
    description,
    event,
    frequency,
    email,
  }) => html`<section class="card" aria-labelledby="template-${name}">
<h2 id="template-${name}">${title}</h2>
<p>${description}</p>
<p class="small soft">${event} · ${frequencyWords[frequency]} ${badge(kindWords[email.kind])}</p>
${act(c, `Begin with ${title}`, path, { fields: { template: name } })}
</section>`,
)}
<section class="card" aria-labelledby="template-empty">
<h2 id="template-empty">Empty</h2>
<p>An email of your own, for the event of your choice.</p>
${act(c, 'Begin with an empty one', path, { fields: { template: '' } })}
</section>
</div>`;
}
