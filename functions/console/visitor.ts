import type { MiddlewareHandler } from 'hono';
import * as z from 'zod/mini';
import type { ConsoleEnv } from './console-env.ts';

const iamSchema = z.object({
  requestContext: z.object({
    authorizer: z.object({ iam: z.object({ userArn: z.string() }) }),
  }),
});

const originSchema = z.string().check(z.regex(/^https?:\/\/[a-z0-9.-]+(:\d{1,5})?$/));

/** Notes who asks and where the browser is. API Gateway has let nobody in whom IAM does not allow. */
export const visitor: MiddlewareHandler<ConsoleEnv> = async (c, next) => {
  const iam = iamSchema.safeParse(c.env?.event).data?.requestContext.authorizer.iam;
  c.set('by', iam?.userArn ?? 'the local console');
  const named = c.req.header('x-console-origin') ?? `http://${c.req.header('host')}`;
  const origin = originSchema.safeParse(named);
  if (!origin.success) return c.text('The host of this request is not one of the console.', 400);
  c.set('origin', origin.data);
  return next();
};
