import { expect, it } from 'vitest';
import { actorName } from '#shared/actor.ts';

it.each([
  ['a role', 'arn:aws:sts::123456789012:assumed-role/Ops/ada', 'ada (Ops)'],
  [
    'a role of single sign-on',
    'arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_Access_0123456789abcdef/ada@example.com',
    'ada@example.com (Admin_Access)',
  ],
  ['a user', 'arn:aws:iam::123456789012:user/ops/ada', 'ada'],
  ['the root user', 'arn:aws:iam::123456789012:root', 'the root user'],
  ['a laptop', 'local', 'a local user'],
  ['the console of a laptop in version 0.1.0', 'the local console', 'a local user'],
  [
    'the recipient',
    'the recipient, on the unsubscribe page',
    'the recipient, on the unsubscribe page',
  ],
  ['SES', 'SES', 'SES'],
])('names %s', (_, by, name) => {
  expect(actorName(by)).toBe(name);
});
