/** A UUID that is the same for the same draws. */
export function uuidFrom(random: () => number): string {
  const digits = Array.from({ length: 30 }, () => Math.floor(random() * 16).toString(16)).join('');
  return digits.replace(/^(.{8})(.{4})(.{3})(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5');
}
