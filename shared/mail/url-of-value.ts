import { oneLine } from './one-line.ts';

const allowedTarget = /^(?:https?:\/\/|mailto:)[^\s\p{Cc}\\]+$/iu;

/**
 * A value that is a whole link target. Anything but a plain http, https or mailto address becomes `#`, which leads
 * nowhere: no script, no data, no user name before the host that makes it look like another.
 */
export function wholeUrl(value: unknown): string {
  const target = typeof value === 'string' ? value : '';
  if (!allowedTarget.test(target) || !URL.canParse(target)) return '#';
  const { username, password } = new URL(target);
  return username || password ? '#' : target.toWellFormed();
}

/** A value inside a path or a query, percent-encoded. `@` stays, so that `mailto:` takes it. */
export function urlPart(value: unknown): string {
  return encodeURIComponent(oneLine(value))
    .replaceAll('%40', '@')
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
