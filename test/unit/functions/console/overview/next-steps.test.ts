import { expect, it } from 'vitest';
import { concernsView } from '#functions/console/overview/next-steps.ts';
import type { Concern } from '#shared/status/concerns.ts';

const sentence = 'Something is wrong.';

it.each<[string, string, Concern]>([
  ['/console/polar', 'Connect Polar', { kind: 'not-connected', sentence }],
  ['/console/polar', 'See the connection', { kind: 'previous-secret', sentence }],
  ['/console/polar', 'Redeliver events', { kind: 'connection', repair: 'redeliver', sentence }],
  ['/console/emails?fate=unknown', 'Decide on emails', { kind: 'emails-unknown', sentence }],
  ['/console/emails?fate=failed', 'See failed emails', { kind: 'emails-failed', sentence }],
  ['/console/settings', 'Fix the settings', { kind: 'settings', sentence }],
  ['/console/events/msg_1', 'See the oldest', { kind: 'retried', failureId: 'msg_1', sentence }],
])('leads to %s to "%s"', async (href, label, concern) => {
  expect(String(await concernsView([concern]))).toContain(
    `<a class="button primary" href="${href}">${label}</a>`,
  );
});
