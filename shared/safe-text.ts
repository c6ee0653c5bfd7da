const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that is safe between tags and in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

const breaksAndControls = /[\s\p{Cc}\p{Zl}\p{Zp}]+/gu;
/** Characters that turn the direction of what follows: a name could make the rest of a mail read backwards. */
const directionOverrides = /[\u202a-\u202e\u2066-\u2069]/g;

/** The same text, in which no character turns the direction of others. Letters keep theirs. */
export function withoutOverrides(text: string): string {
  return text.replace(directionOverrides, '');
}

/** The same text, in which they are shown as JSON writes them, so that it says that it tried. */
export function shownOverrides(text: string): string {
  return text.replace(directionOverrides, escaped);
}

/** A value as it may stand in a mail: on one line, without control characters, so that it never starts a new header. */
export function oneLine(value: unknown): string {
  return withoutOverrides(textOf(value).toWellFormed()).replace(breaksAndControls, ' ').trim();
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join('');
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/**
 * What moves a cursor, colours, rings, breaks a line or turns the direction of a text (C0, C1, U+2028, U+2029 and the
 * marks of bidirectional text), and what nobody sees. What joins letters and emojis stays.
 */
const steering =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\u00ad\u180e\u200b\u2060-\u2064\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]/gu;
const steeringButBreaks = new RegExp(`(?!\\r?\\n)${steering.source}`, 'gu');

/**
 * A text as it may be written to a terminal, a log or a page: what would steer it is shown as JSON writes it (`\u001b`), and
 * only its line breaks stay. A JSON document stays the same document.
 */
export function visible(text: string): string {
  return text.toWellFormed().replace(steeringButBreaks, escaped);
}

/** The same for what has to be one line: a line break is shown, too. */
export function visibleLine(text: string): string {
  return text.toWellFormed().replace(steering, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

const secrets = /\b(polar_[a-z]{2,5}_|whsec_)[\w+/=-]+/g;

/** What somebody else wrote, to stand in a sentence of ours: on one line, not too long, without tokens and secrets. */
export function plainText(text: string, longest = 200): string {
  return withoutOverrides(text.slice(0, longest * 4).toWellFormed())
    .replace(breaksAndControls, ' ')
    .replace(secrets, '$1…')
    .trim()
    .slice(0, longest);
}
