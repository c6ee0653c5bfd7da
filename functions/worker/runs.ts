import type { MailMessage } from '#shared/audience/emails/email.ts';
import type { Means } from '#shared/audience/rows/unit-of-work.ts';
import { goOn, type Wake } from '#shared/audience/runs/go-on.ts';
import type { Log } from '#shared/log.ts';
import {
  type Resumption,
  resumptionMessage,
  type SendToWorker,
  wakeMessage,
} from '#shared/queue/events-queue.ts';
import { mailOfRun } from '#shared/queue/mail-queue.ts';
import type { RunLists } from '#shared/store/runs/run-lists.ts';

type RunParts = Means &
  Readonly<{
    sendMail: (message: MailMessage) => Promise<unknown>;
    log: Log;
  }>;

/** Lets a run go on, and asks for the emails of the steps that it took. Safe to repeat. */
export async function wakeRun(wake: Wake, parts: RunParts): Promise<void> {
  const { sendMail, log, ...means } = parts;
  const { run, emails } = await goOn(wake, means);
  if (run && !run.erased) for (const email of emails) await sendMail(mailOfRun(run, email));
  log.info('run went on', {
    ...{ runId: wake.runId, workflowId: wake.workflowId, stepId: wake.stepId },
    ...{ state: run?.state, reason: run?.reason, emails: emails.length },
  });
}

const pagesAtOnce = 5;

/** Wakes the parked runs of a workflow, and those at waits that were edited, a bounded number at a time. Safe to repeat. */
export async function resumeRuns(
  { after, ...resumption }: Resumption,
  { runs, send }: Readonly<{ runs: Pick<RunLists, 'parked'>; send: SendToWorker }>,
): Promise<void> {
  const { workflowId, datedAt } = resumption;
  let position = after;
  for (let page = 0; page < pagesAtOnce; page++) {
    const { wakes, next } = await runs.parked(workflowId, position, datedAt);
    for (const wake of wakes) await send(wakeMessage(wake), 0);
    if (next === undefined) return;
    position = next;
  }
  await send(resumptionMessage({ ...resumption, ...(position && { after: position }) }), 0);
}
