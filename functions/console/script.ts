/** What the pages do beside being read: times in the reader's zone. Everything works without it. */
export const script = `
const zone = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });
for (const time of document.querySelectorAll('time[datetime]')) {
  const date = new Date(time.dateTime);
  time.title = exact.format(date) + ' (' + time.title + ')';
  time.textContent = zone.format(date);
}
`;
