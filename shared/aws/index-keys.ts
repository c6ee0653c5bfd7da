/** DynamoDB's limit for a partition key, of a table or an index, in bytes. */
const longestKeyBytes = 2_048;

/** How many partitions a list index is spread over, so that one day or one group is not one hot partition. */
export const listShards = 8;

/** The shard of a list index that holds the item with this id; always the same for the same id. */
export function shardOf(id: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(id)) hash = Math.imul(hash ^ byte, 0x01000193);
  return String((hash >>> 0) % listShards);
}

/** A text as a partition key, or `undefined` when DynamoDB takes no such key. */
export function indexKey(text: string | undefined): string | undefined {
  return text && Buffer.byteLength(text) <= longestKeyBytes ? text : undefined;
}
