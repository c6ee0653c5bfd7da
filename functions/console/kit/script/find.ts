/** A slash leads to the field of the navigation that finds everything, unless somebody is just typing. */
export const find = `
addEventListener('keydown', (event) => {
  const isTyping = event.target instanceof Element && event.target.closest('input, select, textarea, [contenteditable]');
  if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const menu = document.querySelector('details.menu');
  if (menu?.checkVisibility()) menu.open = true;
  const field = [...document.querySelectorAll('input[data-find]')].find((one) => one.checkVisibility());
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
});
`;
