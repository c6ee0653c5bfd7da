import tlds from 'tlds' with { type: 'json' };

const topLevelLabels: ReadonlySet<string> = new Set(tlds);

/** Schemes, `www.`, mailboxes, numeric addresses, and telephone numbers (seven digits and more). */
const surely =
  /:\/\/|\b(?:https?|mailto|tel|sms|ftp|data|javascript):|\bwww\d*\.|\S@\S|(?<!\d)\d{1,3}(?:\.\d{1,3}){3}(?!\d)|(?:\d[\s()./+-]*){7}/iu;

/** Written without a space at the end of names; nobody can have these hosts. */
const degree = /^[bmd]\.(?:sc|com)\.?$/;

/** Whether a mail program would make a link of something in this text, or of its look-alikes. */
export function holdsLink(text: string): boolean {
  const plain = text.normalize('NFKC').replace(/\p{Default_Ignorable_Code_Point}/gu, '');
  if (surely.test(plain)) return true;
  return plain
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}_.。-]+/u)
    .some(holdsHost);
}

/** `J.R.R.` is none: what stands behind a dot must be a top-level label, as it is in `evil.com`. */
function holdsHost(word: string): boolean {
  if (degree.test(word)) return false;
  const labels = word.split(/[.。]/);
  return labels.some((label, n) => n > 0 && labels[n - 1] !== '' && isTopLevel(label));
}

function isTopLevel(label: string): boolean {
  return topLevelLabels.has(label) || label.startsWith('xn--');
}
