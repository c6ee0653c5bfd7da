/** The overview: what is wrong, tiles, charts and lists. */
export const overview = `
.periods { display: inline-flex; padding: .15rem; border: 1px solid var(--line); border-radius: var(--small-round); background: var(--card); font-size: .875rem }
.periods a { display: block; padding: .2rem .7rem; border-radius: calc(var(--small-round) - .1rem); color: var(--soft); text-decoration: none; white-space: nowrap }
.periods a:hover { color: var(--text) }
.periods a[aria-current] { background: var(--here); color: var(--text); font-weight: 500 }

.wrong-now { background: var(--bad-soft); border: 1px solid color-mix(in srgb, var(--bad) 45%, transparent); border-radius: var(--round); padding: .75rem 1rem; margin: 0 0 .75rem }
.wrong-now .first { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; justify-content: space-between }
.wrong-now h2 { margin: 0; font-size: .9375rem; letter-spacing: 0; color: var(--bad); text-wrap: balance }
.wrong-now .first > div { flex: 1 1 18rem }
.wrong-now p { margin: 0; max-width: none }
.wrong-now ul { list-style: none; margin: .6rem 0 0; padding: .6rem 0 0; border-top: 1px solid color-mix(in srgb, var(--bad) 25%, transparent); display: grid; gap: .35rem; font-size: .875rem }
.wrong-now li { text-wrap: pretty; display: flex; flex-wrap: wrap; gap: .1rem 1rem; justify-content: space-between }
.wrong-now li a { white-space: nowrap; color: var(--text) }

.tiles { display: grid; gap: .75rem; grid-template-columns: repeat(4, minmax(0, 1fr)); margin: 0 0 .75rem }
.tile { margin: 0; display: grid; grid-template-columns: auto minmax(0, 6rem); gap: .1rem 1rem; align-items: center; align-content: start; justify-content: space-between }
.tile h2 { margin: 0; grid-column: 1 / -1; font-size: .8125rem; font-weight: 400; letter-spacing: 0; color: var(--soft) }
.tile .number { margin: 0; font-size: 1.625rem; line-height: 1.25; font-weight: 600; letter-spacing: -.02em; font-variant-numeric: tabular-nums }
.tile .more { margin: .15rem 0 0; grid-column: 1 / -1; font-size: .8125rem; color: var(--soft) }
.spark { width: 100%; height: 1.5rem; display: block; overflow: visible }
.spark polyline { fill: none; stroke: var(--accent); stroke-width: 1.5; stroke-linejoin: round; stroke-linecap: round; vector-effect: non-scaling-stroke }

.overview { display: grid; gap: .75rem; grid-template-columns: minmax(0, 5fr) minmax(0, 3fr); align-items: stretch }
.overview > div { display: flex; flex-direction: column; gap: .75rem; min-width: 0 }
.overview > div > .card { margin: 0 }
.overview > div:first-child > .card, .overview > div > .card:last-child { flex: 1 0 auto }
.overview .card:has(> .empty) { display: flex; flex-direction: column }
.overview .card > .empty { margin-block: auto }
.card-head { display: flex; flex-wrap: wrap; gap: .1rem 1rem; align-items: baseline; justify-content: space-between; margin: 0 0 .75rem }
.card-head h2 { margin: 0; font-size: .9375rem; letter-spacing: 0 }
.card-head h2 a, .sent a { color: inherit; text-decoration: none }
.card-head h2 a:hover, .sent a:hover { text-decoration: underline }
.card-head p { margin: 0; font-size: .8125rem; color: var(--soft) }
.overview .facts { row-gap: 0; margin: 0 }
.overview .facts > div { grid-template-columns: auto minmax(0, 1fr); padding: .45rem 0; border-bottom: 1px solid var(--line); font-size: .875rem }
.overview .facts > div:last-child { border-bottom: 0 }
.overview .facts dd { text-align: right }
.overview .facts dt { color: var(--text); font-size: inherit }

.sent { width: 100%; font-size: .875rem }
.overview .empty { border: 0; padding: 1.5rem 0 }
.sent th, .sent td { padding: .55rem .75rem .55rem 0; vertical-align: middle; min-width: 0 }
.sent tbody th { font-size: inherit; color: inherit; white-space: normal }
.sent tbody th .small { padding-left: 1rem; font-weight: 400 }
.sent tbody tr:hover { background: none }
.sent .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; padding-right: 0; padding-left: .75rem }
.sent .fates { width: 38% }
.sent .small { display: block }
.dot { display: inline-block; width: .5rem; height: .5rem; margin-right: .5rem; border-radius: 50%; background: var(--chart-calm) }
.dot.good { background: var(--chart-good) }
.dot.warn { background: var(--chart-warn) }
.dot.bad { background: var(--chart-bad) }

.latest-card { display: flex; flex-direction: column }
.latest-card > div:last-child { flex: 1 }
.latest { list-style: none; margin: 0; padding: 0; font-size: .875rem; display: grid }
.latest:has(> li:nth-child(5)) { height: 100% }
.latest li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 1rem; align-content: center; padding: .5rem 0; border-bottom: 1px solid var(--line) }
.latest li:last-child { border-bottom: 0; padding-bottom: 0 }
.latest a { color: var(--text); font-weight: 500; text-decoration: none }
.latest a:hover { text-decoration: underline }
.latest .who { grid-column: 1; grid-row: 2; min-width: 0; color: var(--soft); display: flex; white-space: nowrap }
.latest .who > :first-child { color: inherit; font-weight: 400; overflow: hidden; text-overflow: ellipsis }
.latest .when { grid-row: 1; grid-column: 2; text-align: right; color: var(--soft); font-size: .8125rem; white-space: nowrap }
.latest .how { grid-row: 2; grid-column: 2; text-align: right; font-size: .8125rem; color: var(--soft) }

.sent + p { margin: .75rem 0 0 }
.set-up ol { list-style: none; counter-reset: step; margin: 0; padding: 0 }
.set-up li { counter-increment: step; display: grid; grid-template-columns: 1.5rem minmax(0, 1fr) auto; gap: .25rem .75rem; align-items: center; padding: .6rem 0; border-bottom: 1px solid var(--line) }
.set-up li:last-child { border-bottom: 0; padding-bottom: 0 }
.set-up li::before { content: counter(step); display: grid; place-items: center; width: 1.5rem; height: 1.5rem; border-radius: 50%; border: 1px solid var(--edge); color: var(--soft); font-size: .8125rem; align-self: start }
.set-up .done::before { content: "✓" / ""; border-color: transparent; background: var(--good-soft); color: var(--good) }
.set-up .next::before { border-color: transparent; background: var(--primary); color: var(--on-primary) }
.set-up h3 { margin: 0; font-weight: 500 }
.set-up .done h3 { color: var(--soft); font-weight: 400 }
.set-up p { margin: 0; font-size: .875rem; color: var(--soft) }

@media (max-width: 64rem) {
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)) }
  .overview { grid-template-columns: minmax(0, 1fr) }
}
@media (max-width: 40rem) {
  .tile { grid-template-columns: minmax(0, 1fr) }
  .tile .number { font-size: 1.375rem }
  .sent thead th:is(.fates) { display: none }
  .sent tr { display: grid; grid-template-columns: minmax(0, 1fr) 4rem 4.5rem; align-items: center; border-bottom: 1px solid var(--line) }
  .sent tbody tr:last-child { border-bottom: 0 }
  .sent :is(th, td) { border: 0; padding-block: .4rem }
  .sent .number { width: auto }
  .sent tbody .fates { grid-column: 1 / -1; grid-row: 2; width: auto; padding: 0 0 .6rem }
  .sent tbody .fates:empty { display: none }
  .set-up li { grid-template-columns: 1.5rem minmax(0, 1fr) }
  .set-up li > .button { grid-column: 2; justify-self: start; margin: .25rem 0 0 }
}
`;
