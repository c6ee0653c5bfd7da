import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Workflow } from '#shared/audience/workflow.ts';
import type { ConsoleEnv } from '../console-env.ts';
import { act } from '../fields.ts';
import type { Html } from '../page.ts';
import { workflowPath } from './workflow-list.ts';

/** Asks before a workflow goes. */
export function removeView(c: Context<ConsoleEnv>, workflow: Workflow): Html {
  const path = workflowPath(workflow);
  const fields = { version: String(workflow.version) };
  return html`<p>${workflow.status === 'active' ? html`It is <strong>active</strong>. ` : ''}The workflow goes for good, with its text. Emails of it that are queued at this moment will be blocked.</p>
<p>What it has sent stays in the ledger, and on the pages of contacts and events. To stop it for a while, pause it instead.</p>
<div class="row">
${act(c, `Remove ${workflow.name}`, `${path}/remove`, { tone: 'danger', fields })}
<a class="button" href="${path}">Keep it</a>
</div>`;
}
