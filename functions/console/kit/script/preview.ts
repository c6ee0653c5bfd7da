/**
 * A form with `[data-preview]` shows at once what is chosen and, once somebody pauses, what is typed: its button *Preview*
 * is pressed behind the page, and only the preview is replaced; `live` says so. A page may show just the styles and images that it came
 * with, so a preview that needs others waits for the button, which comes back then, or is loaded as a page after a choice.
 * What is offered for the value of a condition comes with the property that was chosen.
 * A choice in `[data-preview-whole]` changes more than the preview: the page comes again, at the place that it names.
 */
export const preview = `
for (const form of document.querySelectorAll('form:has([data-preview])')) {
  const part = (root, name) => root.querySelector('[data-preview' + name + ']');
  const button = () => part(form, '-button');
  let asked = 0;
  let timer;

  const put = (here, there) => {
    if (!here || !there) return;
    keepHeights(here, there);
    if (here.innerHTML !== there.innerHTML && !here.contains(document.activeElement)) {
      inZone(there);
      const opened = here.querySelectorAll('details');
      there.querySelectorAll('details').forEach((one, nth) => { one.open ||= Boolean(opened[nth]?.open); });
      here.replaceChildren(...there.childNodes);
      fitFrames(here);
    }
  };

  const offer = (page) => {
    for (const input of form.querySelectorAll('.condition input')) {
      const list = page.querySelector('[name="' + input.name + '"]')?.list;
      if (input.list?.outerHTML === list?.outerHTML) continue;
      input.list?.remove();
      input.removeAttribute('list');
      if (!list) continue;
      input.after(list);
      input.setAttribute('list', list.id);
    }
  };

  async function follow(isChoice) {
    const mine = (asked += 1);
    const body = new URLSearchParams(new FormData(form));
    body.set('act', 'preview');
    body.set('live', 'on');
    const answer = await fetch(form.action, { method: 'POST', body }).catch(() => undefined);
    const page = answer?.ok && new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (mine !== asked || 'sent' in form.dataset) return;
    const [here, there] = [part(form, ''), page && part(page, '')];
    if (there) offer(page);
    const isShowable = there && there.dataset.preview === here.dataset.preview;
    if (there && !isShowable && isChoice) return form.requestSubmit(button());
    button().hidden = Boolean(isShowable);
    if (!isShowable) return;
    put(here, there);
    put(part(form, '-choices'), part(page, '-choices'));
  }

  button().hidden = true;
  form.addEventListener('input', ({ target }) => {
    if (target.closest('[data-preview]')) return;
    clearTimeout(timer);
    const whole = target.closest('[data-preview-whole]')?.dataset.previewWhole;
    if (whole) {
      button().setAttribute('formaction', whole);
      return form.requestSubmit(button());
    }
    const isChoice = target.matches('select, [type=checkbox], [type=radio]');
    timer = setTimeout(follow, isChoice ? 0 : 600, isChoice);
  });
  form.addEventListener('reset', () => { timer = setTimeout(follow, 0, true); });
}
`;
