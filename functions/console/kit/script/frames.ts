/**
 * A mail is as high as it is, so that nobody scrolls inside a frame, and its column stays in sight as far as the window
 * has room for it. Without the script, frames have a fixed height and scroll.
 */
export const frames = `
const fitted = new ResizeObserver((all) => { for (const { target } of all) fit(target); });
function fit(frame) {
  const body = frame.contentDocument?.body;
  if (!body?.offsetHeight) return;
  frame.style.height = body.offsetHeight + 2 + 'px';
}
function fitFrames(root = document) {
  for (const frame of root.querySelectorAll('iframe.mail')) {
    frame.addEventListener('load', () => fit(frame));
    fit(frame);
    fitted.observe(frame);
  }
}
fitFrames();
/** So that what comes in place of fitted frames is as high from the start, and differs from them only by its mails. */
function keepHeights(here, there) {
  const frames = there.querySelectorAll('iframe.mail');
  here.querySelectorAll('iframe.mail').forEach(({ style }, nth) => { if (frames[nth]) frames[nth].style.height = style.height; });
}

const lowest = (pane) => Math.min(16, innerHeight - pane.offsetHeight - 16);
const placed = new ResizeObserver((all) => { for (const { target } of all) target.style.top = lowest(target) + 'px'; });
for (const form of document.querySelectorAll('.editor:has(.mail)')) {
  const pane = form.querySelector('.columns > :last-child');
  if (!pane) continue;
  placed.observe(pane);
  // No scrolling brings into sight what is stuck out of it.
  pane.addEventListener('focusin', ({ target }) => {
    const { top, bottom } = target.getBoundingClientRect();
    if (top < 0 ? bottom > 100 : bottom < innerHeight) return;
    const isHigh = top - pane.getBoundingClientRect().top < innerHeight - 150;
    pane.style.top = (isHigh ? 16 : lowest(pane)) + 'px';
  });
  pane.addEventListener('focusout', () => { pane.style.top = lowest(pane) + 'px'; });
}
`;
