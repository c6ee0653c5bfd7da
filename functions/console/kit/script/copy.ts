/** Buttons with `data-copy` copy that text. Without a script they stay hidden. */
export const copy = `
function offerCopies(root) {
  for (const button of root.querySelectorAll('button[data-copy]')) button.hidden = !navigator.clipboard;
}

offerCopies(document);
addEventListener('click', async ({ target }) => {
  const button = target instanceof Element && target.closest('button[data-copy]');
  if (!button) return;
  const usual = button.dataset.label ??= button.textContent;
  const done = await navigator.clipboard.writeText(button.dataset.copy).then(() => true, () => false);
  button.textContent = done ? 'Copied' : 'Not copied';
  setTimeout(() => { button.textContent = usual; }, 2000);
});
`;
