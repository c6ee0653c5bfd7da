/**
 * Elements with an id and `data-refresh` are asked for again, at growing distances and for two minutes at most, until
 * they come without it: then what they wait for is done. Once they do not come at all, the page is another one and is
 * opened again. `data-refresh="live"`: every ten seconds, for ten minutes of being looked at. Nothing is replaced that the
 * reader is working with, and nobody asks for a page that is hidden.
 */
export const refresh = `
const seconds = { done: [1, 1, 2, 3, 5, 8, 10, 15, 20, 25, 30], live: Array(60).fill(10) };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function refresh(id, waits) {
  for (const wait of waits) {
    await pause(wait * 1000);
    while (document.hidden) await pause(1000);
    const here = document.getElementById(id);
    if (!here) return;
    if (here.contains(document.activeElement) || here.contains(getSelection()?.anchorNode ?? null)) continue;
    const answer = await fetch(location.href).catch(() => undefined);
    if (!answer?.ok) continue;
    const there = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById(id);
    // What it waited for left another page in place of this one.
    if (!there) return location.reload();
    inZone(there);
    offerCopies(there);
    here.replaceChildren(...there.childNodes);
    if (!there.hasAttribute('data-refresh')) return;
  }
}

for (const { id, dataset } of document.querySelectorAll('[id][data-refresh]')) {
  refresh(id, dataset.refresh === 'live' ? seconds.live : seconds.done);
}
`;
