/** Cards, notices, badges, tables and lists: what every section builds with. */
export const blocks = `
.card { background: var(--card); border: 1px solid var(--line); border-radius: var(--round); padding: 1rem; margin: 0 0 .75rem }
.columns { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); align-items: start; margin: 0 0 .75rem }
.columns > .card { margin: 0 }
.small-cards { grid-template-columns: repeat(auto-fit, minmax(min(17rem, 100%), 1fr)) }
.choices, .small-cards { align-items: stretch }
:is(.choices, .small-cards) > .card { display: flex; flex-direction: column }
.choices > .card > form:not(.act) { flex: 1; display: flex; flex-direction: column }
.choices > .card > form.act, .choices form > :last-child, .small-cards > .card > :last-child { margin-top: auto }
.choices .badge { margin-block: .2rem }
.small-cards > .card { align-items: start }
.row { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; margin: 0 0 1.25rem }
.row > p, .row > div > p { margin: 0 }
progress { width: 100%; accent-color: var(--primary); margin: 0 0 1rem }
.spread { justify-content: space-between; align-items: end }
.spread > p { align-self: center }
.spread > .filters + p { align-self: end }
.row > .filters { margin: 0 }
.acts { display: flex; flex-wrap: wrap; gap: .4rem }

.flash { padding: .75rem 1rem; border-radius: var(--round); border: 1px solid; max-width: none; white-space: pre-line }
div.flash > p { max-width: none; margin: 0 }
div.flash > p + p { margin-top: .4rem }
div.flash { margin: 0 0 1rem }
.flash.calm { border-color: var(--line); background: var(--sunk) }
.flash.done { color: var(--good); background: var(--good-soft) }
.flash.problem { color: var(--bad); background: var(--bad-soft) }
.note { padding: .75rem 1rem; border-radius: var(--round); background: var(--warn-soft); color: var(--warn); border: 1px solid; max-width: none }
div.note { margin: 0 0 1rem }
div.note > :last-child { margin-bottom: 0 }
.note a { color: inherit }
.empty { text-align: center; padding: 3rem 1.5rem; border: 1px dashed var(--edge); border-radius: var(--round); color: var(--soft) }
.empty p { margin-inline: auto; text-wrap: balance }
.card > .empty { border: 0; padding: 1.5rem }
.empty:not(:last-child) { margin-bottom: 1.25rem }
.empty > :last-child { margin-bottom: 0 }

.badge { display: inline-block; font-weight: 400; margin-block: .1rem; padding: .05rem .55rem; border-radius: 1rem; font-size: .8125rem; line-height: 1.45; border: 1px solid; white-space: nowrap; color: var(--soft); background: var(--sunk) }
.badge.good { color: var(--good); background: var(--good-soft) }
.badge.warn { color: var(--warn); background: var(--warn-soft) }
.badge.bad { color: var(--bad); background: var(--bad-soft) }

.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: var(--round); margin: 0 0 1.25rem }
.card > .scroll { margin-inline: -1rem; border-width: 1px 0 0; border-radius: 0; background: none }
.card > .scroll:last-child { margin-bottom: -1rem; border-radius: 0 0 var(--round) var(--round) }
table { border-collapse: collapse; width: 100%; font-size: .875rem; overflow-wrap: normal }
th, td { text-align: left; vertical-align: top; padding: .6rem 1rem; border-bottom: 1px solid var(--line) }
tbody tr:last-child > * { border-bottom: 0 }
th { font-weight: 500; font-size: .8125rem; color: var(--soft); white-space: nowrap }
td { min-width: 6rem; max-width: 26rem; overflow-wrap: anywhere }
time, .whole { white-space: nowrap }
.whole wbr { white-space: normal }
td :is(button, .button, .words) { max-width: 22rem; overflow-wrap: break-word }
:is(th, td).number { text-align: right; width: 1%; min-width: 0; white-space: nowrap; font-variant-numeric: tabular-nums }
.address { display: inline-block; max-width: 100%; text-decoration: inherit }
.long { display: block; min-width: 13rem }
.brief { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden }
.moment { display: inline-block; min-width: 16rem }
.ours { line-height: 1.35; margin: .4rem 0 0 }
.empty + .pages { margin-top: 1.25rem }
tbody tr:hover { background: var(--sunk) }

:where(main ul:is(:not([class]), .soft)) { padding-left: 1.25rem }
.card > ul:is(:not([class]), .reasons) { margin-top: 0; padding-left: 1.25rem }

.facts { margin: 0 0 1rem; display: grid; row-gap: .55rem }
.facts > div { display: grid; grid-template-columns: minmax(8rem, 11rem) 1fr; column-gap: 1rem }
.facts dt { color: var(--soft) }
.facts dd { margin: 0; text-wrap: pretty }
#import .facts > div { grid-template-columns: minmax(0, 19rem) minmax(3rem, 1fr) }
:where(.columns) .facts > div { grid-template-columns: minmax(6rem, 8.5rem) minmax(0, 1fr) }
@media (min-width: 40.01rem) { dd > code:has(+ button) { display: inline-block } }
.timeline { list-style: none; margin: 0 0 1rem; padding: 0 }
.timeline > li { position: relative; padding: 0 0 1.1rem 1.5rem; border-left: 2px solid var(--line); margin-left: .4rem }
.timeline > li:last-child { border-left-color: transparent; padding-bottom: 0 }
.timeline > li::before { content: ""; position: absolute; left: -.4rem; top: .45rem; width: .65rem; height: .65rem; border-radius: 50%; background: var(--card); border: 2px solid var(--edge) }
.timeline p { margin: 0 }
`;
