const breaksAndControls = /[\s\p{Cc}\p{Zl}\p{Zp}]+/gu;
/** Characters that turn the direction of what follows. */
const directionOverrides = /[\u202a-\u202e\u2066-\u2069]/g;
const secrets = /\b(polar_[a-z]{2,5}_|whsec_)[\w+/=-]+/g;

/** What somebody else wrote, to stand in a sentence of ours: on one line, not too long, without tokens and secrets. */
export function plainText(text: string, longest = 200): string {
  return text
    .slice(0, longest * 4)
    .toWellFormed()
    .replace(directionOverrides, '')
    .replace(breaksAndControls, ' ')
    .replace(secrets, '$1…')
    .trim()
    .slice(0, longest);
}
