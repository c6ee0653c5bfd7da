import type { WholeAnswer } from '#infra/local/http/joined-pages.ts';
import type { LocalClock } from './local-clock.ts';
import { spanText, timeText } from './words.ts';

/** At the beginning of what each page says. */
const place = '<main id="main" tabindex="-1">\n';

/**
 * A page of the console that says that it is later on this stack than on the machine. The console itself is the one that
 * is deployed, and must know nothing of a clock that can be moved; so its pages are told here.
 */
export function withTimeShown(
  answer: WholeAnswer,
  { now, aheadMs }: Pick<LocalClock, 'now' | 'aheadMs'>,
): WholeAnswer {
  const isPage = String(answer.headers['content-type']).startsWith('text/html');
  if (aheadMs() === 0 || !isPage) return answer;
  const page = Buffer.from(answer.body).toString();
  const at = page.indexOf(place) + place.length;
  if (at < place.length) return answer;
  const note = `<p class="note" role="note">The clock of this local stack is ${spanText(aheadMs())} ahead: it is <time datetime="${now().toISOString()}" data-form="minutes">${timeText(now())}</time> here. Move it on with <code>npm run clock -- +1d</code>.</p>\n`;
  return { ...answer, body: Buffer.from(page.slice(0, at) + note + page.slice(at)) };
}
