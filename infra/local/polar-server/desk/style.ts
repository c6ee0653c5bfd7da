/** The looks of the pages, of one kind with the console's. */
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
  --on-link: light-dark(#ffffff, #0d1b2a);
  --good: light-dark(#17663a, #86d9a6);
  --good-soft: light-dark(#e3f4ea, #17301f);
  --warn: light-dark(#7a4b00, #f0c26c);
  --warn-soft: light-dark(#fdf1d9, #33270f);
  --bad: light-dark(#a3161c, #ffa4a0);
  --bad-soft: light-dark(#fdeaea, #3a1a1b);
}
*, ::before, ::after { box-sizing: border-box }
html { -webkit-text-size-adjust: 100% }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; overflow-wrap: anywhere }
a { color: var(--link); text-underline-offset: .15em }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: .2rem }
.top { background: var(--card); border-bottom: 1px solid var(--line) }
.bar { max-width: 70rem; margin: 0 auto; padding: 0 1.5rem; display: flex; flex-wrap: wrap; align-items: center; column-gap: 2rem }
.brand { font-weight: 650; color: var(--text); text-decoration: none; padding: .9rem 0; letter-spacing: -.01em }
nav ul { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; column-gap: .25rem }
nav a { display: block; padding: .9rem .7rem; color: var(--soft); text-decoration: none; border-bottom: 2px solid transparent; margin-bottom: -1px }
nav a:hover { color: var(--text) }
nav a[aria-current] { color: var(--text); font-weight: 600; border-bottom-color: var(--link) }
.bar > .small { margin: 0 0 0 auto; padding: .5rem 0; color: var(--soft) }
main { max-width: 70rem; margin: 0 auto; padding: 2rem 1.5rem 5rem }
main.narrow { max-width: 34rem }
h1 { font-size: 1.75rem; line-height: 1.2; letter-spacing: -.02em; margin: 0 0 1.25rem }
h3 { font-size: 1rem; line-height: 1.5; margin: 0 }
h2 { font-size: 1.15rem; line-height: 1.3; letter-spacing: -.01em; margin: 2.5rem 0 .75rem }
.card > h2:first-child { margin-top: 0 }
p { margin: 0 0 1rem; max-width: 44rem }
.card > :last-child { margin-bottom: 0 }
.soft, .hint { color: var(--soft) }
.small, .hint { font-size: .875rem }
.above { margin: 0 0 .5rem; font-size: .875rem }
.above a::before { content: "← " / "" }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .875em }
pre { margin: 0 0 1rem; padding: 1rem; background: var(--sunk); border: 1px solid var(--line); border-radius: .5rem; overflow: auto; max-height: 30rem; white-space: pre-wrap }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: 1.25rem 1.5rem; margin: 0 0 1.25rem }
.row { display: flex; flex-wrap: wrap; gap: .6rem; align-items: center; margin: 0 0 1rem }
.row > :is(p, h2, h3) { margin: 0 }
.flash { padding: .75rem 1rem; border-radius: .5rem; border: 1px solid; max-width: none }
.flash.done { color: var(--good); background: var(--good-soft) }
.flash.problem { color: var(--bad); background: var(--bad-soft) }
.note { padding: .75rem 1rem; border-radius: .5rem; background: var(--warn-soft); color: var(--warn); border: 1px solid; max-width: none }
.note a { color: inherit }
.badge { display: inline-block; padding: .05rem .55rem; border-radius: 1rem; font-size: .8125rem; line-height: 1.45; border: 1px solid; white-space: nowrap; color: var(--soft); background: var(--sunk) }
.badge.good { color: var(--good); background: var(--good-soft) }
.badge.warn { color: var(--warn); background: var(--warn-soft) }
.badge.bad { color: var(--bad); background: var(--bad-soft) }
.empty { text-align: center; padding: 2rem 1.5rem; border: 1px dashed var(--edge); border-radius: .5rem; color: var(--soft); max-width: none }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; margin: 0 0 1.25rem }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; overflow-wrap: normal }
th, td { text-align: left; vertical-align: top; padding: .6rem 1rem; border-bottom: 1px solid var(--line) }
tbody tr:last-child > * { border-bottom: 0 }
th { font-weight: 600; font-size: .8125rem; color: var(--soft); white-space: nowrap }
td { min-width: 7rem; max-width: 26rem; overflow-wrap: anywhere }
td time, td.whole { white-space: nowrap }
legend + .row, .check + .row, fieldset + .hint { margin-top: 1rem }
.facts { margin: 0 0 1rem; display: grid; row-gap: .5rem }
.facts > div { display: grid; grid-template-columns: minmax(7rem, 10rem) 1fr; column-gap: 1rem }
.facts dt { color: var(--soft) }
.facts dd { margin: 0 }
fieldset { border: 0; margin: 0; padding: 0; min-width: 0 }
legend { padding: 0; font-weight: 600; margin: 0 0 .5rem }
.fields { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; margin: 0 }
.field { flex: 1 1 12rem; max-width: 22rem; display: grid; gap: .3rem }
label { font-weight: 550 }
input:not([type=checkbox]):not([type=radio]), select { min-height: 2.6rem; font: inherit; width: 100%; min-width: 0; padding: .45rem .65rem; color: var(--text); background: var(--card); border: 1px solid var(--edge); border-radius: .35rem }
input[type=checkbox], input[type=radio] { width: 1.1rem; height: 1.1rem; margin: .2rem 0 0; flex: none; accent-color: var(--link) }
.check { display: flex; gap: .6rem; font-weight: inherit; padding: .25rem 0; align-items: flex-start }
button { font: inherit; font-weight: 550; line-height: 1.4; min-height: 2.6rem; padding: .45rem 1rem; border-radius: .35rem; border: 1px solid var(--edge); background: var(--card); color: var(--text); cursor: pointer }
button:hover { background: var(--sunk) }
td button { min-height: 0; padding: .2rem .7rem; font-size: .875rem }
.primary { background: var(--link); border-color: var(--link); color: var(--on-link) }
.primary:hover { background: var(--link); filter: brightness(.92) }
.danger { color: var(--bad); border-color: currentColor }
form { margin: 0 }
form > :last-child, fieldset > :last-child { margin-bottom: 0 }
form.row { margin-bottom: 1rem }
.card > form.row:last-child { margin-bottom: 0 }
details { margin: 0 0 1rem }
summary { cursor: pointer; font-weight: 550; padding: .25rem 0 .5rem }
@media (max-width: 40rem) {
  main { padding: 1.5rem 1rem 4rem }
  .bar { padding: 0 1rem }
  .bar > .small { margin: 0 }
  nav a { padding: .6rem .4rem; font-size: .9375rem }
  nav ul { margin-left: -.4rem; column-gap: 0 }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  table, tbody { display: block }
  tr { display: flex; flex-wrap: wrap; align-items: baseline; gap: .15rem .75rem; padding: .65rem 1rem; border-bottom: 1px solid var(--line) }
  tbody tr:last-child { border-bottom: 0 }
  td { min-width: 0; max-width: 100%; padding: 0; border: 0 }
  td:first-child { flex: 1 1 100% }
  td:empty { display: none }
  .card { padding: 1rem }
  .field { max-width: none }
  .facts > div { grid-template-columns: 1fr }
}
`;
