/*
 * Days and times in UTC, as `Intl` writes them in English. To ask `Intl` itself would load its data, which is a tenth of
 * the processor time of a cold console's first page.
 */
const months =
  'January February March April May June July August September October November December'.split(
    ' ',
  );
const weekdays = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

const monthOf = (date: Date) => months[date.getUTCMonth()] ?? '';
const weekdayOf = (date: Date) => weekdays[date.getUTCDay()] ?? '';

/** 20:24:05 */
export function clockText(date: Date): string {
  return date.toISOString().slice(-13, -5);
}

/** 30 Nov 2026, 20:24:05 */
export function secondsText(date: Date): string {
  return `${shortDay(date)} ${date.getUTCFullYear()}, ${clockText(date)}`;
}

/** 30 Nov 2026, 20:24 */
export function minutesText(date: Date): string {
  return secondsText(date).slice(0, -3);
}

/** 30 November */
export function dayAndMonth(date: Date): string {
  return `${date.getUTCDate()} ${monthOf(date)}`;
}

/** Monday, 30 November 2026 */
export function wholeDay(date: Date): string {
  return `${weekdayOf(date)}, ${dayAndMonth(date)} ${date.getUTCFullYear()}`;
}

/** 30 Nov */
export function shortDay(date: Date): string {
  const month = monthOf(date) === 'September' ? 'Sept' : monthOf(date).slice(0, 3);
  return `${date.getUTCDate()} ${month}`;
}
