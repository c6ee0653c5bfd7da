import type { Workflow } from '#shared/audience/workflow.ts';
import { pathId } from './in-url.ts';
import { link } from './shown.ts';

export const audiencePath = '/console/audience';
export const workflowsPath = '/console/workflows';
export const runsPath = '/console/runs';
export const deadLettersPath = '/console/dead-letters';
export const testPath = '/console/test';
export const logPath = '/console/log';
export const findPath = '/console/find';

/** Where the page of a contact is. */
export function contactPath(contactId: string): string {
  return `${audiencePath}/${encodeURIComponent(contactId)}`;
}

/** Where the page of a customer is whom no contact shows. */
export function customerPath(customerId: string): string {
  return `${audiencePath}/customers/${pathId(customerId)}`;
}

export const eventsPath = '/console/events';

/** Where the page of an event is. Any text may be a webhook id. */
export function eventPath(webhookId: string): string {
  return `${eventsPath}/${pathId(webhookId)}`;
}

export const emailsPath = '/console/emails';

/** Where the page of one email is. */
export function emailPath({ ledgerKey }: Readonly<{ ledgerKey: string }>): string {
  return link(`${emailsPath}/mail`, { key: ledgerKey });
}

export const polarPath = '/console/polar';
export const importPath = `${polarPath}/import`;

export const pathsOfConnecting = {
  signIn: `${polarPath}/sign-in`,
  cancel: `${polarPath}/sign-in/cancel`,
  token: `${polarPath}/token`,
  organization: `${polarPath}/organization`,
} as const;

export const pathsOfTending = {
  enable: `${polarPath}/enable`,
  repair: `${polarPath}/repair`,
  redeliver: `${polarPath}/redeliver`,
  rotate: `${polarPath}/rotate`,
  dropPrevious: `${polarPath}/drop-previous`,
  disconnect: `${polarPath}/disconnect`,
  emailsOff: `${polarPath}/emails-off`,
  emailsOn: `${polarPath}/emails-on`,
  acceptEmails: `${polarPath}/accept-emails`,
} as const;

export const brandPath = '/console/brand';
export const settingsPath = '/console/settings';

export function workflowPath({ workflowId }: Pick<Workflow, 'workflowId'>): string {
  return `${workflowsPath}/${encodeURIComponent(workflowId)}`;
}
