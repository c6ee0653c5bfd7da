/** Escape closes the menu of a narrow page, and leads back to where it was opened. */
export const menu = `
addEventListener('keydown', ({ key, target }) => {
  const menu = target instanceof Element && target.closest('details.menu[open]');
  if (key !== 'Escape' || !menu) return;
  menu.open = false;
  menu.querySelector('summary').focus();
});
`;
