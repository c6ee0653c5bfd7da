/**
 * Elements with an id and `data-refresh` are asked for again, at growing distances and for two minutes at most, until
 * they come without it: then what they wait for is done. Once they do not come at all, the page is another one and is
 * opened again, unless somebody has typed or selected something there. `data-refresh="live"`: every ten seconds, for ten
 * minutes of being looked at. Nothing is replaced that the reader is working with, and what is read stays where it is.
 * Nobody asks for a page that is hidden.
 */
export const refresh = `
const seconds = { done: [1, 1, 2, 3, 5, 8, 10, 15, 20, 25, 30], live: Array(60).fill(10) };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let isTypedIn = false;
addEventListener('input', () => { isTypedIn = true; }, true);

function isSelectedIn(part) {
  const selection = getSelection();
  return !selection.isCollapsed && selection.containsNode(part, true);
}

function isUsed(part) {
  return part.contains(document.activeElement) || isSelectedIn(part);
}

function isBusy() {
  return isTypedIn || isSelectedIn(document.body) || document.activeElement?.matches('input, select, textarea');
}

/** What is new comes above what is read, which stays in its place in the window. */
function replaceAbove(here, nodes) {
  const links = () => [...here.querySelectorAll('a[href]')];
  const topOf = (one) => one.getBoundingClientRect().top;
  const isReadInto = topOf(here) < 0;
  const first = links().find((one) => topOf(one) >= 0);
  const before = first && topOf(first);
  here.replaceChildren(...nodes);
  // The last of the same address: a newer row may lead to the same contact.
  const same = isReadInto && first && links().findLast(({ href }) => href === first.href);
  if (same) scrollBy({ top: topOf(same) - before, behavior: 'instant' });
}

async function refresh(id, waits) {
  for (const wait of waits) {
    await pause(wait * 1000);
    while (document.hidden) await pause(1000);
    const here = document.getElementById(id);
    if (!here) return;
    if (isUsed(here)) continue;
    const answer = await fetch(location.href).catch(() => undefined);
    if (!answer?.ok) continue;
    const there = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById(id);
    // What it waited for left another page in place of this one.
    if (!there && isBusy()) continue;
    if (!there) return location.reload();
    // Time has passed since the question.
    if (isUsed(here)) continue;
    inZone(there);
    offerCopies(there);
    replaceAbove(here, there.childNodes);
    if (!there.hasAttribute('data-refresh')) return;
  }
}

for (const { id, dataset } of document.querySelectorAll('[id][data-refresh]')) {
  refresh(id, dataset.refresh === 'live' ? seconds.live : seconds.done);
}
`;
