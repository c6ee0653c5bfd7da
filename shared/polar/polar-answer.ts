import * as z from 'zod/mini';
import { plainText } from './plain-text.ts';
import {
  type PolarApiError,
  PolarInvalid,
  PolarMissing,
  PolarRefused,
  PolarUnavailable,
} from './polar-api-error.ts';

/** What a call wants, for the sentence about its failure. */
export type Purpose = Readonly<{
  /** After "Polar did not": `list the webhook endpoints`. */
  doing: string;
  /** What the token must be allowed. */
  scope: string;
}>;

const problem = z.object({ loc: z.optional(z.array(z.unknown())), msg: z.string() });
const answerSchema = z.object({
  detail: z.catch(z.optional(z.union([z.string(), z.array(problem)])), undefined),
  error_description: z.catch(z.optional(z.string()), undefined),
});

/** The failure that an answer other than 2xx stands for, with a sentence that ends in what to do next. */
export function failureOf(status: number, body: string, purpose: Purpose): PolarApiError {
  const { doing, scope } = purpose;
  const said = wordsOf(body);
  const words = said === '' ? '' : ` Polar says: “${said}”.`;
  if (status === 401) {
    return new PolarRefused(
      `Polar does not accept the access: the token is wrong, expired or revoked, or belongs to the other server (production and sandbox have tokens of their own). Connect Polar again.${words}`,
    );
  }
  if (status === 403) {
    return new PolarRefused(
      `Polar does not let this access ${doing}. It needs the scope ${scope}, and the person who gave it must be owner or admin of the organisation. Connect Polar again with both.${words}`,
    );
  }
  if (status === 404 || status === 410) {
    return new PolarMissing(`Polar did not ${doing}: it is not there (any more).${words}`);
  }
  if (status >= 500 || status === 408 || status === 429) {
    return new PolarUnavailable(
      `Polar did not ${doing}: it answered ${status}. Try again in a few minutes; https://status.polar.sh shows whether it has an outage.`,
    );
  }
  return new PolarInvalid(
    `Polar did not ${doing}: it answered ${status}.${words || ' It said nothing more.'}`,
  );
}

/** What Polar said of the failure, in one line that fits into a sentence. */
function wordsOf(body: string): string {
  const { data } = answerSchema.safeParse(parsed(body));
  const { detail, error_description } = data ?? {};
  const text =
    typeof detail === 'string'
      ? detail
      : (detail?.slice(0, 5).map(problemText).join('; ') ?? error_description);
  return plainText(text ?? '', 300).replace(/\.$/, '');
}

function problemText({ loc = [], msg }: z.infer<typeof problem>): string {
  const field = loc.filter((part) => part !== 'body').join('.');
  return field === '' ? msg : `${field}: ${msg}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
