import type { AttributeValue } from '@aws-sdk/client-dynamodb';

type Item = Readonly<Record<string, AttributeValue>>;

/** The bytes of an item by DynamoDB's documented rules: names and values in UTF-8, 3 for each map or list and 1 for each of its entries. */
export function itemSize(item: Item): number {
  return Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + valueSize(value),
    0,
  );
}

function valueSize(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  // On the wire binary is base64 text.
  if (value.B !== undefined) return Buffer.from(String(value.B), 'base64').length;
  if (value.N !== undefined) return Math.ceil(value.N.replace(/^-?0*|\.|-/g, '').length / 2) + 1;
  if (value.L !== undefined) return 3 + sum(value.L.map((entry) => 1 + valueSize(entry)));
  if (value.M !== undefined) return 3 + Object.keys(value.M).length + itemSize(value.M);
  return sum((value.SS ?? value.NS ?? []).map((text) => Buffer.byteLength(text))) || 1;
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0);
}
