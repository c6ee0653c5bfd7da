import { DeleteSuppressedDestinationCommand, type SESv2Client } from '@aws-sdk/client-sesv2';
import * as z from 'zod/mini';
import { withAsciiDomain } from './mail-address.ts';

/** The list on which SES itself keeps addresses that bounced or complained, for the whole AWS account. */
export type SesSuppressionList = Readonly<{
  /** Takes an address off the list; also where it is not on it. Safe to repeat. */
  remove(address: string): Promise<void>;
}>;

/**
 * The status of NotFoundException, not its name: a local mailbox, which has no such list, also answers so, but with a
 * body that the SDK cannot read.
 */
const notOnTheListSchema = z.object({ $metadata: z.object({ httpStatusCode: z.literal(404) }) });

export function sesSuppressionList(ses: SESv2Client): SesSuppressionList {
  return {
    async remove(address) {
      try {
        // SES lists it as it was sent to.
        const EmailAddress = withAsciiDomain(address);
        await ses.send(new DeleteSuppressedDestinationCommand({ EmailAddress }));
      } catch (error) {
        if (!notOnTheListSchema.safeParse(error).success) throw error;
      }
    },
  };
}
