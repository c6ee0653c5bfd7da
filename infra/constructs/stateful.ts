import { CfnResource, RemovalPolicy } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** How a stage treats what cannot be made again: `retained` by all stages but the local one. */
export type Keeping = 'retained' | 'disposable';

/**
 * The removal policy of everything that holds keys or accepted webhooks, or has a name that cannot be given twice: it
 * stays, except when the very deployment that makes it fails, which would leave it behind empty.
 */
export function removalPolicy(keeping: Keeping): RemovalPolicy {
  return keeping === 'retained' ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
}

/**
 * The same for tables. Their protection against deletion would make CloudFormation fail to take a new one back, so they
 * stay even then.
 */
export function removalPolicyOfTable(keeping: Keeping): RemovalPolicy {
  return keeping === 'retained' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
}

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
