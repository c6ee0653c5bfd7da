import { dynamoContactLookup } from '#shared/aws/dynamo-contact-lookup.ts';
import { dynamoEventLog } from '#shared/aws/dynamo-event-log.ts';
import { dynamoWorkflowEmails } from '#shared/aws/dynamo-workflow-emails.ts';
import { sesClient, sesSender } from '#shared/aws/ses-sender.ts';
import type { MailSurroundings } from '#shared/mail/check-workflow.ts';
import { workflowDrafts } from '#shared/mail/workflow-drafts.ts';
import type { ConsoleParts } from '../console-parts.ts';
import { previews } from './preview.ts';

const sesTimeoutMs = 10_000;

export type WorkflowParts = ReturnType<typeof workflowParts>;

/** What the pages about workflows work with. */
export function workflowParts(parts: ConsoleParts) {
  const { db, env, store, settings, workflows, mailFrom, now, newTag } = parts;
  const surroundings = async (): Promise<MailSurroundings> => ({
    settings: await settings(),
    hasSender: mailFrom !== undefined,
  });
  return {
    workflows,
    settings,
    mailFrom,
    now,
    surroundings,
    unsubscribeUrl: env.UNSUBSCRIBE_URL,
    drafts: workflowDrafts({ workflows, surroundings, now, newTag }),
    emails: dynamoWorkflowEmails(db, env.EMAILS_TABLE),
    preview: previews({
      events: dynamoEventLog(db, env.EVENTS_TABLE),
      contactOf: dynamoContactLookup(db, env.CONTACTS_TABLE, store),
      unsubscribeUrl: env.UNSUBSCRIBE_URL,
      now,
    }),
    /** Past the configuration set, so that nobody waits for news of a test. */
    send: sesSender(sesClient(sesTimeoutMs), undefined),
  };
}
