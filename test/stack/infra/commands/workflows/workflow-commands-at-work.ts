import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect } from 'vitest';
import { type WorkflowParts, workflowVerbs } from '#infra/commands/workflows/verbs.ts';
import { fileToEdit } from '#infra/terminal/editor.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import type { OutgoingMail } from '#shared/mail/ses.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoWorkflowVersions } from '#shared/store/mail/workflow-versions.ts';
import { createStackTables } from '#test/support/cloud/stack-tables.ts';

/** An empty table of workflows and the commands on it, with a sender and a postal address. */
export async function workflowsAtWork(client: DynamoDBClient) {
  const tableOf = await createStackTables(client, 'Workflows', 'Settings', 'Events');
  const workflows = dynamoWorkflowVersions(documentClient(client), {
    workflows: tableOf('Workflows'),
    settings: tableOf('Settings'),
  });
  const settings = { ...defaultSettings, postalAddress: 'Example Shop, Street 1' };
  const printed: string[] = [];
  const mails: OutgoingMail[] = [];
  const parts: Omit<WorkflowParts, 'newTag'> = {
    workflows,
    runs: async () => ({
      newest: [],
      counts: { byState: new Map(), byStep: new Map(), isComplete: true },
    }),
    waitingAt: async () => 0,
    settings: async () => settings,
    deployment: {
      title: 'Stage test',
      mailFrom: 'Example <hello@example.com>',
      unsubscribeUrl: 'https://api.example.com/unsubscribe',
      options: ' --stage test',
    },
    send: async (mail) => {
      mails.push(mail);
      return 'ses-1';
    },
    brand: async () => ({}),
    polar: async () => undefined,
    maySwitchEmails: async () => true,
    confirmed: async () => false,
    fileToEdit,
    pastEvents: async () => ({ events: [], since: '', lookedSince: '' }),
    print: (line) => void printed.push(line),
    now: () => new Date('2026-11-23T12:00:00.000Z'),
  };

  return {
    workflows,
    tableOf,
    printed,
    mails,
    output: () => printed.join('\n'),
    /** The commands; the tags that they give are t1, t2 and so on. */
    does(changed: Partial<WorkflowParts> = {}) {
      let tags = 0;
      return workflowVerbs({ ...parts, newTag: () => `t${++tags}`, ...changed });
    },
    async only() {
      const [workflow, ...others] = await workflows.all();
      expect(others).toEqual([]);
      return workflow;
    },
  };
}
