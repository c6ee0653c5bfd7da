import { narrow } from './cards.ts';

/**
 * Workflows: lists, editor and steps. The script makes a mail as high as it is; without it there is room for most of a
 * receipt, beside a form for as much of it as fits below what is chosen.
 */
export const workflows = `
.two-weeks { min-width: 10rem }
@media (max-width: 86rem) { .flows :is(time, .words, td:nth-child(2) .badge) { white-space: normal } }
@media (max-width: 86rem) and (not ${narrow}) { .flows td:is(:nth-child(2), :last-child) { min-width: 8.25rem } }
.two-weeks .parts { margin: .35rem 0 .4rem }
.card > .parts { margin: .35rem 0 .75rem }
.why { display: block; min-width: 13rem }
.editor .field { max-width: none }
.editor .columns > div > h2:first-child { margin-top: 0 }
@media (min-width: 64rem) {
  .editor .columns { grid-template-columns: minmax(0, 7fr) minmax(0, 6fr) }
  .editor .columns > :last-child { position: sticky; top: 1rem }
}
.mail { height: 38rem; display: block; border-color: #85888f; margin: 0 0 1rem }
.chosen { flex: 1 1 16rem }
.chosen .field { max-width: none }
.looks { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; border: 0; padding: 0; margin: 0 0 .6rem }
.looks label { display: inline-flex; gap: .4rem; align-items: center; font-weight: 400; min-height: 1.75rem }
.mail { width: 100%; max-width: 600px; color-scheme: light }
@media (min-width: 40.01rem) { .mail { height: 54rem } }
@media (min-width: 64rem) { .editor .mail { height: clamp(38rem, 100vh - 22rem, 54rem) } }
.editor [data-preview] { container-type: inline-size }
@container (max-width: 375px) { .looks .width { display: none } }
.editor:has(.look-phone:checked) .mail { max-width: 375px }
.editor:has(.look-dark:checked) .mail { color-scheme: dark }
.trigger { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0 .75rem }
.trigger > :last-child { grid-column: 1 / -1 }
.columns > div > .card:last-child { margin: 0 }
.named { min-width: 8rem }
.conditions { margin: 0 0 1.1rem }
.conditions > p { margin: .3rem 0 .6rem }
.condition { display: grid; grid-template-columns: 9rem minmax(0, 1fr) auto; gap: .4rem; margin: 0 0 .6rem; padding: 0 0 0 .75rem; border-left: 2px solid var(--line) }
.condition > select:first-child { grid-column: 1 / -1 }
.condition button { padding-inline: .6rem }
.editor :is(.step, .card) > details[open] > summary { margin-bottom: .5rem }
.editor .steps { list-style: none; margin: 0; padding: 0 }
.jumps { position: sticky; top: 0; z-index: 1; margin: 0 0 .75rem; padding: .5rem 0; background: var(--page) }
.jumps ol { list-style: none; display: flex; flex-wrap: wrap; gap: .35rem; max-height: 5.5rem; overflow-y: auto; margin: 0; padding: .15rem }
.jumps .chip { white-space: nowrap; font-size: .8125rem; padding: .15rem .55rem }
html:has(.jumps) { scroll-padding-top: 6.5rem }
.steps > .step { margin: 0; padding: 1rem }
.step:target { border-color: var(--accent) }
.steps > .between { margin: 0 0 0 1rem; padding: .75rem 0 .75rem 1rem; border-left: 2px solid var(--line) }
.between button { padding: .15rem .6rem; font-size: .8125rem; color: var(--soft); background: none }
.between button:hover { color: var(--text); background: var(--here) }
.editor .facts > div { grid-template-columns: 6.5rem minmax(0, 1fr) }
.steps > .between:last-child { border-color: transparent; margin-left: 0; padding-left: 0 }
.step-head { display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: center; justify-content: space-between; margin: 0 0 .75rem }
.step-head h2 { margin: 0 }
.step-head .row, .between .row { margin: 0 }
.wait { display: grid; grid-template-columns: 5rem 7rem minmax(0, 1fr); gap: .4rem }
.wait .problem { grid-column: 1 / -1 }
.ahead { list-style: none; margin: 0 0 1.25rem; padding: 0 }
.ahead li { display: grid; grid-template-columns: 11.5rem 6rem minmax(0, 1fr); gap: .15rem .75rem; align-items: baseline; padding: .45rem 0; border-bottom: 1px solid var(--line) }
.ahead .badge { justify-self: start }
.ahead .why { display: block; min-width: 0 }
@media (max-width: 40rem) { .wait { grid-template-columns: 5rem minmax(0, 1fr) } .wait > select:last-of-type { grid-column: 1 / -1 } .ahead li { grid-template-columns: 1fr auto } .ahead .what { grid-column: 1 / -1 } }
.way { margin: 0; padding-left: 1.2rem }
.way:has(> :nth-child(10)) { padding-left: 1.65rem }
.condition .problem { grid-column: 1 / -1 }
.code textarea { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .875rem }
.field.code { font-family: inherit; font-size: inherit }
`;
