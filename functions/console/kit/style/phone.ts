/** What changes on a phone, for who wants no motion, and on paper. It comes last, so that it wins. */
export const phone = `
@media (max-width: 40rem) {
  .chips { flex-flow: column nowrap; align-items: stretch }
  .chips ul { flex-wrap: nowrap; overflow-x: auto; scrollbar-width: none; scroll-padding-inline: 4rem 1rem; margin-inline: -1rem; padding: .15rem 1rem; mask: linear-gradient(to right, transparent, #000 1rem calc(100% - 1rem), transparent) }
  .chips ul:not(:has(> :nth-child(6))) { flex-wrap: wrap }
  .chips .chip { white-space: nowrap }
  .chips ul:not(:has(> :nth-child(6))) .chip { white-space: normal }
  .chips .chip[aria-current] { scroll-initial-target: nearest }
  .jumps { margin-inline: -1rem }
  .jumps ol { flex-wrap: nowrap; overflow-x: auto; scrollbar-width: none; padding-inline: 1rem }
  html:has(.jumps) { scroll-padding-top: 3.5rem }
  .tabs { flex-wrap: nowrap; gap: .5rem; overflow-x: auto; scrollbar-width: none; font-size: .8125rem; white-space: nowrap }
  main { padding: 1rem 1rem 4rem }
  .facts > div { grid-template-columns: 6.25rem minmax(0, 1fr); column-gap: .75rem }
  .editor .columns > div > h2:first-child { margin-top: 1.5rem }
  .facts dt { font-size: .8125rem; line-height: 1.7 }
  .settings fieldset.event { padding: .75rem 1rem }
  .settings .event legend { margin-bottom: .25rem }
  .settings .event .field { grid-column: auto; align-content: start; margin-top: .25rem }
  .condition { grid-template-columns: 7rem minmax(0, 1fr) auto }
}
@media (pointer: coarse) { input:not([type=checkbox]):not([type=radio]), select, textarea { font-size: 1rem } }
@media (prefers-reduced-motion: no-preference) { a, button { transition: background-color .12s, color .12s } }
@media print { .top, .rail, form { display: none } body:has(> .rail) { display: block } }
`;
