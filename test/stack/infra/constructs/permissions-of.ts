import type { Template } from 'aws-cdk-lib/assertions';
import { type FunctionName, lambdaOf } from './lambda-of.ts';

export type Intrinsic = {
  Ref?: string;
  'Fn::GetAtt'?: [string, string];
  'Fn::Join'?: [string, (string | Intrinsic)[]];
};
export type Statement = {
  Effect: string;
  Action: string | string[];
  Resource: Arn | Arn[];
};
type Arn = string | Intrinsic;

/** What a function may do, by resource, each action once for every statement that allows it. */
export function permissionsOf(template: Template, name: FunctionName): Record<string, string[]> {
  const { properties } = lambdaOf(template, name);
  const logGroup = properties.LoggingConfig.LogGroup.Ref;
  const permissions: Record<string, string[]> = {};
  for (const { Action, Resource } of statementsOf(template, properties.Role['Fn::GetAtt'][0])) {
    for (const resource of [Resource].flat().map(nameOf)) {
      const shown = resource === logGroup ? 'its own log group' : resource;
      permissions[shown] = [...(permissions[shown] ?? []), ...[Action].flat()].sort();
    }
  }
  return permissions;
}

function statementsOf(template: Template, role: string): Statement[] {
  const policies = Object.values(template.findResources('AWS::IAM::Policy'));
  return policies
    .filter(({ Properties }) => Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === role))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
}

/** The logical id in an ARN, with what follows it: `Events/index/byCustomer`; SES's own by `ses:` and a name. */
export function nameOf(arn: Arn): string {
  if (typeof arn === 'string') return arn;
  if (arn.Ref) return arn.Ref;
  if (arn['Fn::GetAtt']) return arn['Fn::GetAtt'][0];
  const parts = arn['Fn::Join']?.[1] ?? [];
  return parts
    .map((part) => (typeof part === 'string' ? part : nameOf(part)))
    .join('')
    .replace(/^arn:AWS::Partition:ses:AWS::Region:AWS::AccountId:/, 'ses:');
}
