/** What changes on a phone, for who wants no motion, and on paper. It comes last, so that it wins. */
export const phone = `
@media (max-width: 40rem) {
  .scroll thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  .scroll :is(table, tbody, tr) { display: block }
  .scroll tr { padding: .65rem 1rem; border-bottom: 1px solid var(--line) }
  .scroll tbody tr:last-child { border-bottom: 0 }
  .scroll td { display: flow-root; min-width: 0; max-width: none; min-height: 1.9rem; padding: .2rem 0 .2rem 7rem; border: 0 }
  .scroll td::before { content: attr(data-head); float: left; width: 6.25rem; margin-left: -7rem; font-size: .8125rem; line-height: 1.7; color: var(--soft) }
  .scroll td.number { text-align: left }
  .scroll td :is(button, .button) { max-width: none; overflow-wrap: anywhere }
  .scroll td:empty { display: none }
  .long, .who, .moment, .two-weeks, .why { min-width: 0 }
  .chips { flex-flow: column nowrap; align-items: stretch }
  .chips ul { flex-wrap: nowrap; overflow-x: auto; scrollbar-width: none; margin-inline: -1rem; padding: .15rem 1rem }
  .chips .chip { white-space: nowrap }
  .jumps { margin-inline: -1rem }
  .jumps ol { flex-wrap: nowrap; overflow-x: auto; scrollbar-width: none; padding-inline: 1rem }
  html:has(.jumps) { scroll-padding-top: 3.5rem }
  .tabs { flex-wrap: nowrap; gap: .5rem; overflow-x: auto; scrollbar-width: none; font-size: .8125rem; white-space: nowrap }
  main { padding: 1rem 1rem 4rem }
  .facts > div { grid-template-columns: 6.25rem minmax(0, 1fr); column-gap: .75rem }
  .facts dt { font-size: .8125rem; line-height: 1.7 }
  .condition { grid-template-columns: 7rem minmax(0, 1fr) auto }
}
@media (pointer: coarse) { input:not([type=checkbox]):not([type=radio]), select, textarea { font-size: 1rem } }
@media (prefers-reduced-motion: no-preference) { a, button { transition: background-color .12s, color .12s } }
@media print { .top, .rail, form { display: none } body:has(> .rail) { display: block } }
`;
