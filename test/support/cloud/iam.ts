import * as z from 'zod';
import type { Identities } from '#infra/local/assembly/template.ts';

/** What somebody wants to do to one resource. */
export type Access = Readonly<{
  /** Such as `dynamodb:GetItem`. */
  action: string;
  /** An ARN, or `*` where IAM knows the action with no resource. */
  resource: string;
  /** The condition keys of the request, such as `ses:FromAddress`. */
  context: Readonly<Record<string, string>>;
}>;

const oneOrMore = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => (typeof given === 'string' ? [given] : given));

/** The only forms that our templates have. Any other fails here, instead of being taken for one that allows. */
const statementSchema = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: oneOrMore,
  Resource: oneOrMore,
  Condition: z
    .strictObject({
      StringEquals: z.record(z.string(), oneOrMore).optional(),
      StringLike: z.record(z.string(), oneOrMore).optional(),
    })
    .default({}),
});

export type Statement = z.output<typeof statementSchema>;

/** Reads a statement whose intrinsic functions are resolved. */
export function readStatement(statement: unknown): Statement {
  return statementSchema.parse(statement);
}

/** As IAM decides: what a statement denies is denied, else what one allows is allowed, and nothing else. */
export function isAllowed(statements: readonly Statement[], access: Access): boolean {
  const applying = statements.filter((statement) => applies(statement, access));
  return (
    applying.some(({ Effect }) => Effect === 'Allow') &&
    !applying.some(({ Effect }) => Effect === 'Deny')
  );
}

export function applies({ Action, Resource, Condition }: Statement, access: Access): boolean {
  const { action, resource, context } = access;
  // Names of actions are compared without regard to case, everything else with it.
  const isNamed = Action.some((one) => isLike(one.toLowerCase(), action.toLowerCase()));
  if (!isNamed || !Resource.some((one) => isLike(one, resource))) return false;
  return [
    ...entries(Condition.StringEquals, (wanted, value) => wanted === value),
    ...entries(Condition.StringLike, isLike),
  ].every(({ key, wanted, compare }) => {
    const value = context[key];
    return value !== undefined && wanted.some((one) => compare(one, value));
  });
}

type Compare = (wanted: string, value: string) => boolean;

function entries(conditions: Readonly<Record<string, string[]>> = {}, compare: Compare) {
  return Object.entries(conditions).map(([key, wanted]) => ({ key, wanted, compare }));
}

/** `*` is any text, also none and also with slashes and colons in it; `?` is one character. */
function isLike(pattern: string, text: string): boolean {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
  const expression = escaped.replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 's').test(text);
}

const policySchema = z.object({
  PolicyDocument: z.object({ Statement: z.array(z.unknown()) }),
  Roles: z.array(z.string()),
});
const functionSchema = z.object({ Role: z.string() });

/** What the template lets each of its functions do, by the function's logical id. */
export function statementsByFunction(
  identities: Identities,
): ReadonlyMap<string, readonly Statement[]> {
  const policies = identities
    .ofType('AWS::IAM::Policy')
    .map(({ properties }) => policySchema.parse(properties));
  const roles = identities.ofType('AWS::IAM::Role').map(({ logicalId }) => ({
    arn: identities.resolve({ 'Fn::GetAtt': [logicalId, 'Arn'] }),
    name: identities.resolve({ Ref: logicalId }),
  }));
  return new Map(
    identities.ofType('AWS::Lambda::Function').map(({ logicalId, properties }) => {
      const { Role } = functionSchema.parse(properties);
      const role = roles.find(({ arn }) => arn === Role);
      const own = policies.filter(({ Roles }) => Roles.some((name) => name === role?.name));
      const statements = own.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
      return [logicalId, statements.map(readStatement)] as const;
    }),
  );
}
