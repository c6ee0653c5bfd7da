import * as z from 'zod/mini';
import { emailIdentitySchema, type MailMessage } from '#shared/audience/emails/email.ts';

const mailMessageSchema = z.extend(emailIdentitySchema, {
  attempts: z.optional(z.number()),
  check: z.optional(z.boolean()),
});

/** Apart from what writes messages, so that the worker, which reads none, builds no schemas for it. `undefined` where the text is no message that asks for an email. */
export function readMailMessage(body: string): MailMessage | undefined {
  try {
    return mailMessageSchema.parse(JSON.parse(body));
  } catch {
    return undefined;
  }
}
