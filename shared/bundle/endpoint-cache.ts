/** Stands in for the cache of DynamoDB's endpoint discovery, which a client makes at its start and, without discovery, never asks. */
export class EndpointCache {
  getEndpoint(): never {
    throw new Error(
      'This bundle was made without endpoint discovery: unset AWS_ENABLE_ENDPOINT_DISCOVERY.',
    );
  }
}
