import { type Answer, invalid } from './answer.ts';

/** One page of a list, as Polar cuts it: ten a page unless asked otherwise, a hundred at most. */
export function listPage(all: readonly unknown[], query: URLSearchParams): Answer {
  const page = Number(query.get('page') ?? 1);
  const limit = Number(query.get('limit') ?? 10);
  if (!Number.isInteger(page) || page < 1) return invalid('page', 'Input should be greater than 0');
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) {
    return invalid('limit', 'Input should be less than or equal to 100');
  }
  return {
    status: 200,
    body: {
      items: all.slice((page - 1) * limit, page * limit),
      pagination: { total_count: all.length, max_page: Math.ceil(all.length / limit) },
    },
  };
}
