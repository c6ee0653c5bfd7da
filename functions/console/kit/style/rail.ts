/** The navigation: a menu above a narrow page, a rail beside a wide one. */
export const rail = `
.rail { display: none }
.top { position: relative; display: grid; grid-template-columns: minmax(0, 1fr) 5.25rem; align-items: start; padding: .25rem 1rem; background: var(--rail); border-bottom: 1px solid var(--line) }
.name { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0 .35rem; min-height: 2.5rem }
.top .name { grid-area: 1 / 1; position: relative; z-index: 1; flex-wrap: nowrap; justify-content: flex-start }
.brand { font-weight: 650; color: var(--text); text-decoration: none; letter-spacing: -.01em; white-space: nowrap }
.stage { max-width: 100%; padding: 0 .4rem; border: 1px solid var(--line); border-radius: 1rem; font-size: .75rem; line-height: 1.5; font-weight: 500; color: var(--soft); background: var(--card); overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.stage.live { color: var(--on-primary); background: var(--primary); border-color: var(--primary) }
.stage.trial { color: var(--warn); background: var(--warn-soft); border-color: currentColor }
.top:has(.trial), .rail:has(.trial) { border-top: 3px solid var(--chart-warn) }
.top:has(.live), .rail:has(.live) { border-top: 3px solid var(--primary) }
.top:has(.local), .rail:has(.local) { border-top: 3px solid transparent }
.organization { margin: 0; font-size: .8125rem; color: var(--soft) }
.menu { grid-area: 1 / 2; margin: 0 }
.menu[open] { grid-column: 1 / -1; padding-bottom: .75rem }
.menu > summary { list-style: none; display: block; width: max-content; margin: .2rem 0 .2rem auto; padding: .3rem .75rem; border: 1px solid var(--line); border-radius: var(--small-round); background: var(--card) }
.menu > summary::-webkit-details-marker { display: none }
.menu > summary::after { content: " ▾" / "" }
.find { position: relative; margin: .6rem 0 0 }
.menu .find { margin-bottom: .5rem }
.find input::placeholder { color: var(--soft); opacity: 1 }
.find label input:not([type=checkbox]) { border-color: var(--line) }
.find kbd { position: absolute; right: .5rem; top: .45rem; padding: 0 .35rem; border: 1px solid var(--line); border-radius: .25rem; font: inherit; font-size: .75rem; color: var(--soft); pointer-events: none }
.find:focus-within kbd, .menu kbd { display: none }
.find button.unseen { left: 0; padding: 0; border: 0 }
.find button.unseen:focus { position: static; width: auto; height: auto; clip-path: none; margin-top: .25rem }
nav ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 2px }
nav .group { margin: 1rem 0 .25rem; padding: 0 .5rem; font-size: .75rem; font-weight: 500; color: var(--soft) }
nav a { display: flex; align-items: center; justify-content: space-between; gap: .5rem; padding: .35rem .5rem; color: var(--soft); text-decoration: none; border-radius: var(--small-round) }
nav a:hover { color: var(--text); background: var(--here) }
nav a[aria-current] { color: var(--text); background: var(--here); font-weight: 500 }
nav .state { font-size: .75rem; color: var(--warn) }
nav .state.bad { color: var(--bad) }
nav .state .dot { margin: 0 }
nav .count { padding: 0 .4rem; min-width: 1.25rem; text-align: center; border-radius: 1rem; font-size: .75rem; line-height: 1.6; font-weight: 600; color: var(--bad); background: var(--bad-soft); border: 1px solid }
@media (max-width: 63.99rem) { nav a { padding: .5rem } }
@media (min-width: 64rem) {
  body:has(> .rail) { display: grid; grid-template-columns: 13.5rem minmax(0, 1fr) }
  .top { display: none }
  .rail { display: block; position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: .6rem .6rem 1.5rem; background: var(--rail); border-right: 1px solid var(--line) }
  .rail .name, .rail .organization { padding: 0 .5rem }
  .rail .organization { margin-top: -.35rem }
  .rail nav { margin-top: .6rem }
}
`;
