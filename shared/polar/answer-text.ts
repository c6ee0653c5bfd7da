import * as z from 'zod/mini';

const ourAnswerSchema = z.object({ message: z.string() });

/** The message of an answer of ours to a webhook; what somebody between Polar and us answers is given as it is. */
export function answerText(response: string): string {
  try {
    return ourAnswerSchema.safeParse(JSON.parse(response)).data?.message ?? response;
  } catch {
    return response;
  }
}
