/** The looks of all pages. Colours keep a contrast of at least 4.5 to 1 in light and dark. */
export const style = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f7f7f5, #15171a);
  --card: light-dark(#ffffff, #1d2024);
  --sunk: light-dark(#f1f1ee, #17191c);
  --line: light-dark(#dedfda, #34383e);
  --edge: light-dark(#85888f, #7d828a);
  --text: light-dark(#1b1d21, #eceef1);
  --soft: light-dark(#5a5e66, #a9aeb7);
  --link: light-dark(#0b57a4, #8cc0ff);
  --primary: light-dark(#0b57a4, #8cc0ff);
  --on-primary: light-dark(#ffffff, #0d1b2a);
  --good: light-dark(#17663a, #86d9a6);
  --good-soft: light-dark(#e3f4ea, #17301f);
  --warn: light-dark(#7a4b00, #f0c26c);
  --warn-soft: light-dark(#fdf1d9, #33270f);
  --bad: light-dark(#a3161c, #ffa4a0);
  --bad-soft: light-dark(#fdeaea, #3a1a1b);
  --round: .5rem;
}
*, ::before, ::after { box-sizing: border-box }
html { -webkit-text-size-adjust: 100% }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; overflow-wrap: anywhere }
a { color: var(--link); text-underline-offset: .15em }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: .2rem }
main:focus { outline: none }
.skip { position: absolute; left: -999rem }
.skip:focus { left: 1rem; top: .5rem; z-index: 2; background: var(--card); padding: .5rem 1rem }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }

.top { background: var(--card); border-bottom: 1px solid var(--line) }
.bar { max-width: 76rem; margin: 0 auto; padding: 0 1.5rem; display: flex; flex-wrap: wrap; align-items: center; column-gap: 2rem }
.brand { font-weight: 650; color: var(--text); text-decoration: none; padding: .9rem 0; letter-spacing: -.01em }
nav ul { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; column-gap: .25rem }
nav a { display: block; padding: .9rem .7rem; color: var(--soft); text-decoration: none; border-bottom: 2px solid transparent; margin-bottom: -1px }
nav a:hover { color: var(--text) }
nav a[aria-current] { color: var(--text); font-weight: 600; border-bottom-color: var(--primary) }

main { max-width: 76rem; margin: 0 auto; padding: 2rem 1.5rem 5rem }
h1 { font-size: 1.75rem; line-height: 1.2; letter-spacing: -.02em; margin: 0 0 1.25rem }
h2 { font-size: 1.15rem; line-height: 1.3; letter-spacing: -.01em; margin: 2.5rem 0 .75rem }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem }
.card > :first-child, .card > form:first-child > :first-child { margin-top: 0 }
.card > :last-child, .card > form:last-child > :last-child { margin-bottom: 0 }
p { margin: 0 0 1rem; max-width: 44rem }
.soft, .hint { color: var(--soft) }
.small { font-size: .875rem }
.above { margin: 0 0 .5rem; font-size: .875rem }
.above a::before { content: "← " / "" }
code, pre, .code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .875em }
pre { margin: 0 0 1rem; padding: 1rem; background: var(--sunk); border: 1px solid var(--line); border-radius: var(--round); overflow: auto; max-height: 36rem; white-space: pre-wrap }

.card { background: var(--card); border: 1px solid var(--line); border-radius: var(--round); padding: 1.25rem 1.5rem; margin: 0 0 1.25rem }
.columns { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); align-items: start; margin: 0 0 1.25rem }
.columns > .card { margin: 0 }
.choices { align-items: stretch }
.choices > .card { display: flex; flex-direction: column }
.choices > .card > form { margin-top: auto }
.row { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; margin: 0 0 1.25rem }
.row > p { margin: 0 }
.spread { justify-content: space-between; align-items: end }
.row > .filters { margin: 0 }
.row .button + .button { margin-left: .25rem }

.flash { padding: .75rem 1rem; border-radius: var(--round); border: 1px solid; max-width: none; white-space: pre-line }
.flash.done { color: var(--good); background: var(--good-soft) }
.flash.problem { color: var(--bad); background: var(--bad-soft) }
.note { padding: .75rem 1rem; border-radius: var(--round); background: var(--warn-soft); color: var(--warn); border: 1px solid; max-width: none }
.note a { color: inherit }
.empty { text-align: center; padding: 3rem 1.5rem; border: 1px dashed var(--edge); border-radius: var(--round); color: var(--soft) }
.empty p { margin-inline: auto }
.empty > :last-child { margin-bottom: 0 }

.badge { display: inline-block; padding: .05rem .55rem; border-radius: 1rem; font-size: .8125rem; line-height: 1.45; border: 1px solid; white-space: nowrap; color: var(--soft); background: var(--sunk) }
.badge.good { color: var(--good); background: var(--good-soft) }
.badge.warn { color: var(--warn); background: var(--warn-soft) }
.badge.bad { color: var(--bad); background: var(--bad-soft) }

.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: var(--round); margin: 0 0 1.25rem }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; overflow-wrap: normal }
th, td { text-align: left; vertical-align: top; padding: .65rem 1rem; border-bottom: 1px solid var(--line) }
tbody tr:last-child > * { border-bottom: 0 }
th { font-weight: 600; font-size: .8125rem; color: var(--soft); white-space: nowrap }
td { min-width: 8rem; max-width: 26rem; overflow-wrap: anywhere }
td time, .whole { white-space: nowrap }
.long { display: block; min-width: 15rem }
.empty + .pages { margin-top: 1.25rem }
tbody tr:hover { background: var(--sunk) }

.facts { margin: 0 0 1rem; display: grid; row-gap: .55rem }
.facts > div { display: grid; grid-template-columns: minmax(8rem, 11rem) 1fr; column-gap: 1rem }
.facts dt { color: var(--soft) }
.facts dd { margin: 0 }
.timeline { list-style: none; margin: 0 0 1rem; padding: 0 }
.timeline > li { position: relative; padding: 0 0 1.1rem 1.5rem; border-left: 2px solid var(--line); margin-left: .4rem }
.timeline > li:last-child { border-left-color: transparent; padding-bottom: 0 }
.timeline > li::before { content: ""; position: absolute; left: -.4rem; top: .45rem; width: .65rem; height: .65rem; border-radius: 50%; background: var(--card); border: 2px solid var(--edge) }
.timeline p { margin: 0 }

form { margin: 0 }
fieldset { border: 0; margin: 0; padding: 0; min-width: 0 }
legend { padding: 0; font-weight: 600 }
.field { margin: 0 0 1.1rem; max-width: 34rem; display: grid; gap: .3rem }
.field.wide { max-width: none }
label { font-weight: 550 }
.hint { font-size: .875rem }
.problem { color: var(--bad); font-size: .875rem }
.flash.problem { font-size: inherit }
input:not([type=checkbox]):not([type=radio]), select, textarea { min-height: 2.6rem; font: inherit; width: 100%; min-width: 0; padding: .5rem .65rem; color: var(--text); background: var(--card); border: 1px solid var(--edge); border-radius: .35rem }
textarea { line-height: 1.45; resize: vertical }
textarea.code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .875rem }
.wrong input:not([type=checkbox]):not([type=radio]), .wrong select, .wrong textarea { border-color: var(--bad) }
input[type=checkbox], input[type=radio] { width: 1.1rem; height: 1.1rem; margin: .2rem 0 0; flex: none; accent-color: var(--primary) }
.check { display: flex; gap: .6rem; font-weight: inherit; padding: .2rem 0; align-items: flex-start }
button, .button { display: inline-block; font: inherit; font-weight: 550; line-height: 1.4; padding: .45rem 1rem; border-radius: .35rem; border: 1px solid var(--edge); background: var(--card); color: var(--text); cursor: pointer; text-decoration: none }
button.small { padding: .1rem .6rem; font-size: .85rem }
button:hover, .button:hover { background: var(--sunk) }
.primary { background: var(--primary); border-color: var(--primary); color: var(--on-primary) }
.primary:hover { background: var(--primary); filter: brightness(.92) }
.danger { color: var(--bad); border-color: currentColor }
.act { display: inline-block }
.filters { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; margin: 0 0 1.25rem }
.filters .field { margin: 0; flex: 1 1 10rem; max-width: 18rem }
.filters .field.search { flex: 2 1 16rem; max-width: 26rem }
details { margin: 0 0 1rem }
summary { cursor: pointer; font-weight: 550; padding: .25rem 0 }
.pages { display: flex; gap: .75rem; flex-wrap: wrap; align-items: center; justify-content: space-between }
.pages .row { margin: 0 }
.pages p { margin: 0; color: var(--soft); font-size: .875rem }
.filters :is(input, select, button) { height: 2.65rem }
.who { min-width: 15rem }
iframe { width: 100%; border: 1px solid var(--line); border-radius: var(--round); background: #fff; color-scheme: light }

.steps { margin: 0 0 1.25rem; padding-left: 1.4rem }
.steps > li { margin: 0 0 1rem; padding-left: .4rem }
.empty + p { margin-top: 1.25rem }

.lines { white-space: pre-line }
.flash.problems { white-space: normal; margin: 0 0 1.25rem }
.flash.problems p, .flash.problems ul { margin: 0 }
.flash a { color: inherit }
.faults { margin: 0 0 1rem; padding-left: 1.2rem }
.faults li { margin: 0 0 .9rem }
.faults li p { margin: 0 0 .4rem }

.settings .columns { margin-top: 1.25rem }
.settings .card fieldset > p.hint { margin: .75rem 0 0 }
.settings fieldset.event { display: grid; grid-template-columns: 1fr 1fr; gap: .1rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: var(--round); padding: 1rem; margin: 0 0 .75rem }
.settings .event legend, .settings .event .field, .settings .event .unused { grid-column: 1 / -1 }
.settings .event legend { float: left; margin: 0 0 .5rem; display: grid; font-weight: 550 }
.settings .event legend .hint { font-weight: 400 }
.settings .event .field { margin: .4rem 0 0 }
.settings .event .unused { margin: .4rem 0 0 }
.settings .heads { display: none }
@media (min-width: 64rem) {
  .settings .events { background: var(--card); border: 1px solid var(--line); border-radius: var(--round); margin: 0 0 1.25rem }
  .settings .heads, .settings fieldset.event { display: grid; grid-template-columns: minmax(15rem, 1fr) 3rem 5.5rem 5.5rem 5.5rem 12rem 10rem; column-gap: 1rem; align-items: center; padding: .7rem 1rem; border: 0; border-bottom: 1px solid var(--line); border-radius: 0; margin: 0; background: none }
  .settings .heads { font-size: .8125rem; font-weight: 600; color: var(--soft) }
  .settings fieldset.event:last-child { border-bottom: 0 }
  .settings .event legend, .settings .event .field { margin: 0; grid-column: auto }
  .settings .event .check span, .settings .event .field label { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
  .settings .event .check { padding: .4rem 0 }
  .settings .event .check input { margin: 0 }
  .settings .event .unused { grid-column: span 4; margin: 0 }
}

.why { display: block; min-width: 13rem }
.editor .field { max-width: none }
.editor .columns > div > h2:first-child { margin-top: 0 }
@media (min-width: 64rem) {
  .editor .columns { grid-template-columns: minmax(0, 7fr) minmax(0, 6fr) }
  .editor .columns > :last-child { position: sticky; top: 1rem }
}
.mail { height: 38rem; display: block; border-color: #85888f; margin: 0 0 1rem }
.trigger { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(9rem, 100%), 1fr)); gap: 0 .75rem }
.conditions { margin: 0 0 1.1rem }
.conditions > p { margin: .3rem 0 .6rem }
.condition { display: grid; grid-template-columns: minmax(0, 9fr) minmax(0, 7fr) minmax(0, 8fr) auto; gap: .4rem; margin: 0 0 .6rem }
.condition button { padding-inline: .6rem }
.steps { list-style: none; margin: 0; padding: 0 }
.steps > .between { position: relative; margin: 0 0 1.25rem; padding-left: 1.25rem; border-left: 2px solid var(--line) }
.step-head { display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: center; justify-content: space-between; margin: 0 0 .75rem }
.step-head h2 { margin: 0 }
.step-head .row, .between .row { margin: 0 }
.wait { display: grid; grid-template-columns: 5rem 7rem minmax(0, 1fr); gap: .4rem }
.wait .problem { grid-column: 1 / -1 }
.way { margin: 0; padding-left: 1.2rem }
.condition .problem { grid-column: 1 / -1 }
.code textarea { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .875rem }
.field.code { font-family: inherit; font-size: inherit }

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
