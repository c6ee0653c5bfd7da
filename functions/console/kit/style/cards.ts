/** A window that has no room for columns: a phone's, a tablet's, and where the rail leaves too little. */
export const narrow = '(max-width: 74rem)';

/** Rows as cards, in such windows. */
export const cards = `
@media ${narrow} {
  .scroll thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  .scroll :is(table, tbody, tr) { display: block }
  .scroll tr { padding: .65rem 1rem; border-bottom: 1px solid var(--line) }
  .scroll tbody tr:last-child { border-bottom: 0 }
  .scroll td { display: flow-root; min-width: 0; max-width: none; min-height: 1.9rem; padding: .2rem 0 .2rem 7rem; border: 0 }
  .scroll td::before { content: attr(data-head); float: left; width: 6.25rem; margin-left: -7rem; font-size: .8125rem; line-height: 1.7; color: var(--soft) }
  .scroll td.number { text-align: left }
  .scroll td :is(button, .button) { max-width: none; overflow-wrap: anywhere }
  .scroll td:empty { display: none }
  .dense tr { display: flex; flex-wrap: wrap; align-items: baseline; gap: .1rem .6rem }
  .scroll.dense td { flex: none; width: auto; max-width: 100%; min-height: 0; padding: 0 }
  .scroll.dense td::before { content: none }
  .dense td br { display: none }
  .dense td :has(+ br) { margin-right: .6rem }
  :is(.contacts, .finds) td { font-size: .8125rem; color: var(--soft) }
  .scroll:is(.contacts, .finds) td:first-child { flex: 1 1 60%; font-size: .875rem }
  :is(.contacts, .finds) td:first-child br { display: inline }
  :is(.contacts, .finds) td:first-child br + * { font-size: .8125rem }
  .scroll.events td:nth-child(2) { flex: 1 1 60% }
  .events td:first-child { order: 1; font-size: .8125rem; color: var(--soft) }
  .scroll.events td:nth-child(4) { display: block; order: 2; flex: 1 1 100% }
  .events td:nth-child(n + 3) { order: 3; font-size: .8125rem }
  .events td:nth-child(5) { order: 4; margin-left: auto }
  .scroll.events td:last-child::before { content: attr(data-head); float: none; margin: 0 .35rem 0 0; line-height: inherit }
  .scroll.log td:nth-child(3) { flex: 1 1 60% }
  .log td:nth-child(5) { order: 1 }
  .log td:nth-child(5):not(:has(br)) { margin-left: auto }
  .scroll.log td:nth-child(4) { display: block; order: 2; flex: 1 1 100% }
  .log td:is(:nth-child(1), :nth-child(2)) { order: 3; font-size: .8125rem; color: var(--soft) }
  .deliveries td:nth-child(2) { margin-right: auto }
  .scroll.deliveries td:nth-child(1) { order: 1; flex: 1 1 100%; font-size: .8125rem; color: var(--soft) }
  .scroll.runs td:nth-child(4) { flex: 1 1 60% }
  .runs td:nth-child(2) { order: 1; margin-left: auto }
  .scroll.runs td:nth-child(3) { order: 2; flex: 1 1 100% }
  .runs td:nth-child(1) { order: 3; font-size: .8125rem; color: var(--soft) }
  .scroll.runs td:nth-child(1)::before { content: attr(data-head); float: none; margin: 0 .35rem 0 0; line-height: inherit }
  .runs td:nth-child(5) { order: 4; margin-left: auto }
  .scroll.flows td:nth-child(1) { flex: 1 1 55% }
  .flows td:nth-child(2) { margin-left: auto }
  .scroll.flows td:nth-child(3) { flex: 1 1 100% }
  .flows td:nth-child(3) .badge { margin-left: .6rem }
  .scroll.flows td:nth-child(5) { order: 2; flex: 1 1 100% }
  .scroll.flows td:nth-child(5):not(:has(.two-weeks)) { display: none }
  .scroll.flows td:nth-child(5)::before { content: attr(data-head); float: none; display: block; width: auto; margin: .2rem 0 0 }
  .flows td:is(:nth-child(4), :nth-child(6)) { font-size: .8125rem }
  .flows td:nth-child(6) { color: var(--soft) }
  .scroll.letters td:is(:nth-child(1), :nth-child(4), :nth-child(5)) { flex: 1 1 100% }
  .letters td:is(:nth-child(2), :nth-child(3)) { order: 1; font-size: .8125rem; color: var(--soft) }
  .letters td:nth-child(3) { margin-left: auto }
  .scroll.letters td:nth-child(3)::before { content: attr(data-head); float: none; margin: 0 .35rem 0 0; line-height: inherit }
  .scroll.letters td:nth-child(5) { display: flex; gap: .35rem }
  .scroll.letters td:nth-child(5)::before { content: attr(data-head); flex: none; width: auto; margin: 0 }
  .scroll.pairs td { flex: 1 1 100% }
  .pairs td:first-child { color: var(--soft) }
  .mails tr { display: grid; grid-template: auto auto 1fr / minmax(0, 1fr) fit-content(45%); gap: .1rem .75rem }
  .mails td { padding: 0; min-height: 0 }
  .mails td::before { content: none }
  .mails td:nth-child(1) { grid-area: 1 / 2; justify-self: end; font-size: .8125rem; line-height: 1.7; color: var(--soft) }
  .mails td:nth-child(2) { grid-area: 1 / 1 / auto / -1 }
  .mails td:nth-child(3) { grid-area: 2 / 1 / span 2 / auto }
  .mails td:nth-child(4) { grid-area: 2 / 2; text-align: right }
  .mails td:nth-child(5) { grid-area: 3 / 2; text-align: right }
  .settle { margin-bottom: .35rem }
  .long, .who, .moment, .two-weeks, .why { min-width: 0 }
  .moments tr { display: grid; grid-template-columns: minmax(0, 16fr) minmax(0, 19fr) minmax(0, 23fr); gap: .35rem .75rem }
  .moments td { padding: 0; min-height: 0 }
  .moments td::before { float: none; display: block; width: auto; margin: 0 }
  .moments td:is(:nth-child(1), :nth-child(5)) { grid-column: 1 / -1 }
  .moments td:is(:nth-child(1), :nth-child(5))::before { content: none }
}
`;
