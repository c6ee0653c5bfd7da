import { type Answer, invalid } from './answer.ts';

/** One page of a list, as Polar cuts it: ten a page unless asked otherwise, a hundred at most, whatever was asked for. */
export function listPage(all: readonly unknown[], query: URLSearchParams): Answer {
  const page = Number(query.get('page') ?? 1);
  const asked = Number(query.get('limit') ?? 10);
  if (!Number.isInteger(page) || page < 1) return invalid('page', tooSmall, 'query');
  if (!Number.isInteger(asked) || asked < 1) return invalid('limit', tooSmall, 'query');
  const limit = Math.min(asked, 100);
  return {
    status: 200,
    body: {
      items: all.slice((page - 1) * limit, page * limit),
      pagination: { total_count: all.length, max_page: Math.ceil(all.length / limit) },
    },
  };
}

const tooSmall = 'Input should be greater than 0';

/** By what a list can be sorted, and how it is where nothing is asked for; a minus sign is for descending. */
export type Sorting = Readonly<{ by: readonly string[]; usual: string }>;

/** The rows in the order that the query asks for, or what is wrong with the query. */
export function sorted<R extends Readonly<Record<string, unknown>>>(
  rows: readonly R[],
  query: URLSearchParams,
  { by, usual }: Sorting,
): readonly R[] | Answer {
  const asked = query.getAll('sorting');
  const criteria = (asked.length > 0 ? asked : [usual]).map((text) => ({
    name: text.replace(/^-/, ''),
    isDescending: text.startsWith('-'),
  }));
  if (!criteria.every(({ name }) => by.includes(name))) {
    return invalid('sorting', 'Input should be one of the sorting criteria', 'query');
  }
  // Of rows with equal values the later one is the newer one.
  const start = criteria[0]?.isDescending ? [...rows].reverse() : [...rows];
  return start.sort((one, other) => {
    for (const { name, isDescending } of criteria) {
      const order = compared(one[name], other[name]);
      if (order !== 0) return isDescending ? -order : order;
    }
    return 0;
  });
}

/** Null is greater than everything, as in Polar's database. */
function compared(one: unknown, other: unknown): number {
  const [left, right] = [one, other].map(sortKey);
  if (left === right) return 0;
  if (left == null) return 1;
  return right == null || left < right ? -1 : 1;
}

/** A customer, product or discount goes by its name. */
function sortKey(value: unknown): unknown {
  const isNamed = typeof value === 'object' && value !== null && 'name' in value;
  return isNamed ? value.name : value;
}
