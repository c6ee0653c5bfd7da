import * as z from 'zod/mini';

// One for all: making a schema is a good part of a cold start.
const optionalText = z.optional(z.string());

/** What one event tells workflows: the same flat names for all ten events; what an event does not have is absent. */
export const eventPropertiesSchema = z.object({
  customerId: optionalText,
  externalId: optionalText,
  productId: optionalText,
  productName: optionalText,
  amount: z.optional(z.number()),
  formattedAmount: optionalText,
  currency: optionalText,
  billingReason: optionalText,
  orderId: optionalText,
  invoiceNumber: optionalText,
  subscriptionId: optionalText,
  status: optionalText,
  interval: optionalText,
  periodEnd: optionalText,
  trialEnd: optionalText,
  endsAt: optionalText,
  endedAt: optionalText,
  cancelAtPeriodEnd: z.optional(z.boolean()),
  cancellationReason: optionalText,
});
export type EventProperties = z.infer<typeof eventPropertiesSchema>;
