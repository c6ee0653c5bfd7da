/**
 * Times in the reader's zone, in the form that the server gave them, and rows under the reader's days.
 */
export const times = `
const parts = {
  day: { day: 'numeric', month: 'short', year: 'numeric' },
  clock: { hour: '2-digit', minute: '2-digit' },
  seconds: { second: '2-digit' },
};
const formats = {
  minutes: new Intl.DateTimeFormat('en-GB', { ...parts.day, ...parts.clock }),
  seconds: new Intl.DateTimeFormat('en-GB', { ...parts.day, ...parts.clock, ...parts.seconds }),
  clock: new Intl.DateTimeFormat('en-GB', { ...parts.clock, ...parts.seconds }),
  hour: new Intl.DateTimeFormat('en-GB', parts.clock),
};
const wholeDay = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full' });
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const units = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]];

function ago(date) {
  const seconds = (date - Date.now()) / 1000;
  const [unit, length] = units.find(([, one]) => Math.abs(seconds) >= one) ?? units[3];
  return relative.format(Math.round(seconds / length), unit);
}

function underDays(list) {
  const rowsIn = (section) => section.querySelector('tbody, [data-rows]');
  const instant = (row) => new Date(row.querySelector('time[datetime]').dateTime);
  const sections = [...list.children];
  const rows = sections.flatMap((section) => [...rowsIn(section).children]);
  const days = Map.groupBy(rows, (row) => wholeDay.format(instant(row)));
  const shown = [...days].map(([name, ofDay], nth) => {
    const section = sections[0].cloneNode(true);
    const heading = section.querySelector('[data-day]');
    heading.textContent = name;
    heading.id = 'day-' + nth;
    // Each table has a name of its own, which was that of the first.
    const region = section.querySelector('[role="region"]');
    region?.removeAttribute('aria-label');
    region?.setAttribute('aria-labelledby', heading.id);
    for (const caption of section.querySelectorAll('caption')) caption.textContent = name;
    rowsIn(section).replaceChildren(...ofDay);
    return section;
  });
  list.replaceChildren(...shown);
}

function readTimes(root) {
  for (const time of root.querySelectorAll('time[datetime]')) {
    const date = new Date(time.dateTime);
    const format = formats[time.dataset.form] ?? formats.minutes;
    time.title = exact.format(date) + ' (' + time.dateTime + ')';
    time.textContent = format.format(date) + ('ago' in time.dataset ? ' · ' + ago(date) : '');
  }
}

/** The hover text of a bar is plain text, which begins with its hour in UTC. */
function readTitles(root) {
  for (const title of root.querySelectorAll('title[data-at]')) {
    const hour = formats.minutes.format(new Date(title.dataset.at));
    title.textContent = title.textContent.replace(/^.*? UTC/, () => hour);
  }
}

/** For whatever puts something new into the page. */
function inZone(root) {
  for (const list of root.querySelectorAll('[data-days]')) underDays(list);
  for (const zone of root.querySelectorAll('[data-zone]')) zone.textContent = formats.minutes.resolvedOptions().timeZone;
  readTimes(root);
  readTitles(root);
}

inZone(document);
setInterval(() => {
  if (!document.hidden && document.querySelector('time[data-ago]')) readTimes(document);
}, 30000);
`;
