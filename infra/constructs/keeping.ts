import { RemovalPolicy } from 'aws-cdk-lib';

/** How a stage treats what cannot be made again: `retained` by all stages but the local one. */
export type Keeping = 'retained' | 'disposable';

/** The removal policy of everything that holds data, keys or accepted webhooks. */
export function removalPolicy(keeping: Keeping): RemovalPolicy {
  return keeping === 'retained' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
}
