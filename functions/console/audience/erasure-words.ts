import { html } from 'hono/html';
import type { Act } from '#shared/audience/act.ts';
import { erasureDelaysSeconds } from '#shared/aws/worker-message.ts';
import type { Html } from '../page.ts';
import { time } from '../shown.ts';

/** When what was on its way is erased too, and a minute for the queue. */
const wholeMs = (Math.max(...erasureDelaysSeconds) + 60) * 1_000;

export const erasureIsUnderWay =
  'The erasure is under way: it takes a moment, and a quarter of an hour for what is on its way just now.';

/** Whether an erasure may still be on its way, and need not be asked for again. */
export function isRecent({ at }: Act, now: Date): boolean {
  return now.getTime() - Date.parse(at) < wholeMs;
}

/** Of an erasure that was asked for and is not done. */
export function underWayNote(erasure: Act, now: Date): Html {
  const asked = html`${time(erasure.at)} by ${erasure.by}`;
  return isRecent(erasure, now)
    ? html`<p class="note">${erasureIsUnderWay} It was asked for on ${asked}.</p>`
    : html`<p class="note">An erasure was asked for on ${asked}, and it is still not done. Look for its message <a href="/console/dead-letters">among the dead letters</a>, or ask for it again.</p>`;
}

/** Of an erasure that a person asked for and that is done, apart from what was on its way. */
export function erasedText(erasure: Act | undefined, now: Date): Html {
  if (!erasure) return html``;
  return html` It was asked for on ${time(erasure.at)} by ${erasure.by}.${isRecent(erasure, now) ? ' What was on its way just then goes within a quarter of an hour.' : ''}`;
}
