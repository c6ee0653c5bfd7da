/** What a verb of the ledger changes of a row, and while what holds. */
export type Change = Readonly<{
  set: Readonly<Record<string, unknown>>;
  remove?: readonly string[];
  countAttempt?: boolean;
  /** With `#state` and `#token` for the attributes, and `:was…` for the values. */
  condition: string;
  values: Readonly<Record<string, unknown>>;
}>;

/** The conditional write that makes a change. Its first one also notes when the row was made. */
export function updateOf(table: string, ledgerKey: string, change: Change, at: string) {
  const set = Object.entries({ ...change.set, updatedAt: at }).filter(
    ([, value]) => value !== undefined,
  );
  const names = new Set([...set.map(([name]) => name), ...(change.remove ?? []), 'state', 'token']);
  const used = [...names].filter(
    (name) =>
      change.condition.includes(`#${name}`) ||
      set.some(([other]) => other === name) ||
      change.remove?.includes(name),
  );
  return {
    TableName: table,
    Key: { ledgerKey },
    UpdateExpression: [
      `SET createdAt = if_not_exists(createdAt, :updatedAt), ${set.map(([name]) => `#${name} = :${name}`).join(', ')}`,
      change.remove && `REMOVE ${change.remove.map((name) => `#${name}`).join(', ')}`,
      change.countAttempt && 'ADD attempts :one',
    ]
      .filter(Boolean)
      .join(' '),
    ConditionExpression: change.condition,
    ExpressionAttributeNames: Object.fromEntries(used.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: {
      ...Object.fromEntries(set.map(([name, value]) => [`:${name}`, value])),
      ...change.values,
      ...(change.countAttempt && { ':one': 1 }),
    },
  };
}
