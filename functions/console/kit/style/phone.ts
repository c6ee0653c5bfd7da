/** What changes on a phone, for who wants no motion, and on paper. It comes last, so that it wins. */
export const phone = `
@media (max-width: 40rem) {
  .scroll thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  .scroll :is(table, tbody, tr, td) { display: block }
  .scroll tr { padding: .65rem 1rem; border-bottom: 1px solid var(--line) }
  .scroll tbody tr:last-child { border-bottom: 0 }
  .scroll td { position: relative; min-width: 0; max-width: none; min-height: 1.9rem; padding: .2rem 0 .2rem 7rem; border: 0 }
  .scroll td::before { content: attr(data-head); position: absolute; left: 0; width: 6.25rem; font-size: .8125rem; line-height: 1.7; color: var(--soft) }
  .scroll td:empty { display: none }
  .long { min-width: 0 }
  .bar { padding: 0 1rem }
  .brand { padding: .75rem 0 .25rem; width: 100% }
  nav { width: 100% }
  nav ul { margin: 0 -.7rem .25rem }
  nav a { padding: .4rem .7rem; margin: 0; white-space: nowrap }
  main { padding: 1.5rem 1rem 4rem }
  .card { padding: 1rem }
  .facts > div { grid-template-columns: 1fr }
  .facts dt { font-size: .875rem }
  .condition { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); padding: 0 0 .6rem; border-bottom: 1px solid var(--line) }
}
@media (prefers-reduced-motion: no-preference) { a, button { transition: background-color .12s, color .12s } }
@media print { .top, form { display: none } }
`;
