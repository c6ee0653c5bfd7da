import type { LambdaEvent } from 'hono/aws-lambda';

/** What a page finds in the context of its request. */
export type ConsoleEnv = {
  Bindings: { event?: LambdaEvent };
  Variables: {
    /** Who asks: what records and histories call this person. */
    by: string;
    /** The console's origin as the browser sees it, such as http://localhost:4747. */
    origin: string;
    /** What every form has to bring along, see `formToken`. */
    token: string;
    /** The fields of a POST. */
    form: FormData;
    flash: Flash | undefined;
  };
};

/** One sentence about what was just done, shown once on the next page. */
export type Flash = Readonly<{ kind: 'done' | 'problem'; text: string }>;
