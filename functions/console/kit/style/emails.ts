import { narrow } from './cards.ts';

/** Emails: the list and a single one. */
export const emails = `
.fates { max-width: none }
.settle { display: flex; flex-wrap: wrap; gap: .4rem; margin-top: .4rem }
.settle .button { padding: .15rem .5rem; font-size: .8125rem }
.card > .facts + .facts { border-top: 1px solid var(--line); padding-top: .75rem }
@media not ${narrow} {
  .mail-days table { table-layout: fixed; min-width: 44rem }
  .mail-days section:not(:first-child) thead th { padding-block: 0; border: 0; font-size: 0; line-height: 0 }
  .mail-days :is(.who, .long) { min-width: 0 }
  .mail-days :is(th, td):nth-child(1) { width: 6.5rem }
  .mail-days :is(th, td):nth-child(2) { width: 32% }
  .mail-days :is(th, td):nth-child(4) { width: 14% }
  .mail-days :is(th, td):nth-child(5) { width: 8.5rem }
}
@media (min-width: 90rem) { .mail-days :is(th, td):nth-child(2) { width: 36% } }
.all-held { border-color: var(--warn); background: var(--warn-soft) }
.all-held h2 { color: var(--warn) }
.sentence { font-size: 1.0625rem; max-width: 60rem }
`;
