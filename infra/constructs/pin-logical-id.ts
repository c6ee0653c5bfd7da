import { CfnResource } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * Gives a resource the same logical id for ever, wherever its construct moves. CloudFormation takes
 * a new id for a new resource and would replace a table full of contacts by an empty one.
 */
export function pinLogicalId(construct: Construct, logicalId: string): void {
  const resource = construct.node.defaultChild;
  if (!CfnResource.isCfnResource(resource)) {
    throw new Error(`${construct.node.path} has no resource of its own to give an id to.`);
  }
  resource.overrideLogicalId(logicalId);
}
