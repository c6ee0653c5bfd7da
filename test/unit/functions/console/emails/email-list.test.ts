import { expect, it } from 'vitest';
import { recipientsIn, toWhom } from '#functions/console/emails/email-list.ts';

it.each([
  ['was erased', true, 'erased'],
  ['has no contact of its own', false, 'not shown'],
])('an email to a customer who %s says so', (_, erased, text) => {
  const customer = { customerId: 'c', addresses: [], erased };
  const recipients = recipientsIn([{ customer, contact: undefined, other: undefined }]);
  expect(String(toWhom({ customerId: 'c', contactId: 'k' }, recipients))).toContain(`>${text}</a>`);
});
