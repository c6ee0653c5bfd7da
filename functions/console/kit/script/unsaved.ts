/**
 * Forms with `data-unsaved` warn whoever leaves them with changes. Their `[data-unsaved-text]` says which fields those
 * are, by the nearest `data-name` or the label, and `[data-discard]` takes them back. `data-unsaved="already"`: what the
 * form came with is not saved either. What is in a `[data-view]` only shows things, and is never to be saved.
 */
export const unsaved = `
for (const form of document.querySelectorAll('form[data-unsaved]')) {
  const fields = () => [...form.elements].filter((one) => one.name && one.type !== 'hidden' && !one.closest('[data-view]'));
  const valueOf = (field) => ('checked' in field && /checkbox|radio/.test(field.type) ? field.checked : field.value);
  const saved = new Map(fields().map((field) => [field, valueOf(field)]));
  const text = form.querySelector('[data-unsaved-text]');
  const discard = form.querySelector('[data-discard]');
  const usual = text?.textContent;
  let isLeft = form.dataset.unsaved === 'already';
  const nameOf = (field) => {
    const named = field.closest('[data-name]')?.dataset.name;
    return named ?? field.labels?.[0]?.textContent.trim() ?? field.name;
  };
  const changed = () => {
    const now = fields();
    const names = now.filter((field) => valueOf(field) !== saved.get(field)).map(nameOf);
    const isOther = now.length !== saved.size;
    return isOther && names.length === 0 ? ['fields'] : [...new Set(names)];
  };
  const show = () => {
    const names = changed();
    form.toggleAttribute('data-changed', isLeft || names.length > 0);
    if (discard) discard.hidden = names.length === 0;
    if (!text) return;
    const more = names.length > 3 ? ' and ' + (names.length - 3) + ' more' : '';
    const nothing = isLeft ? 'Not saved yet' : usual;
    text.textContent = names.length > 0 ? 'Unsaved: ' + names.slice(0, 3).join(', ') + more : nothing;
  };
  form.addEventListener('input', show);
  form.addEventListener('reset', () => setTimeout(show));
  form.addEventListener('submit', () => { form.dataset.sent = ''; });
  addEventListener('beforeunload', (event) => {
    if (!('sent' in form.dataset) && (isLeft || changed().length > 0)) event.preventDefault();
  });
  // Back from the page that it led to, it has not been sent.
  addEventListener('pageshow', () => { delete form.dataset.sent; });
  show();
}
`;
