/**
 * A button of a form does its act once for a double click. Some seconds later it does it again, as what came back may have
 * been a file, and at once where something in the form has changed. What only searches or filters is left as it is.
 */
export const once = `
let pressed = new WeakMap();
addEventListener('submit', (event) => {
  const { target: form, submitter } = event;
  if (form.method !== 'post') return;
  if (submitter && pressed.get(form) === submitter) return event.preventDefault();
  pressed.set(form, submitter);
  setTimeout(() => { pressed.delete(form); }, 3000);
});
addEventListener('input', ({ target }) => { if (target.form) pressed.delete(target.form); }, true);
addEventListener('pageshow', () => { pressed = new WeakMap(); });
`;
