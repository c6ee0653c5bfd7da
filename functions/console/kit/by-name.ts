/** For a list to sort: without case and accents. `localeCompare` takes 15 ms the first time, since it loads ICU's data. */
export function byName(a: Named, b: Named): number {
  const [one, other] = [sortKey(a), sortKey(b)];
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

type Named = Readonly<{ name: string }>;

const sortKey = ({ name }: Named) => name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
