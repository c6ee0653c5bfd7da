/** Fields, buttons and filters. */
export const forms = `
form { margin: 0 }
fieldset { border: 0; margin: 0; padding: 0; min-width: 0 }
legend { padding: 0; font-weight: 600 }
.card > fieldset:first-child > legend { font-size: 1.0625rem; letter-spacing: -.01em; line-height: 1.3; margin: 0 0 .5rem }
.field { margin: 0 0 1.1rem; max-width: 34rem; display: grid; gap: .3rem }
.field.wide { max-width: none }
label { font-weight: 500 }
.hint { font-size: .875rem }
.problem { color: var(--bad); font-size: .875rem }
.flash.problem { font-size: inherit }
input:not([type=checkbox]):not([type=radio]), select, textarea { min-height: 2.25rem; font: inherit; width: 100%; min-width: 0; padding: .35rem .6rem; color: var(--text); background: var(--card); border: 1px solid var(--edge); border-radius: var(--small-round) }
input::file-selector-button { font: inherit; margin: 0 .6rem 0 0; padding: 0 .6rem; color: var(--text); background: var(--sunk); border: 1px solid var(--line); border-radius: var(--small-round) }
textarea { line-height: 1.45; resize: vertical }
textarea.code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .875rem }
.wrong input:not([type=checkbox]):not([type=radio]), .wrong select, .wrong textarea { border-color: var(--bad) }
input[type=checkbox], input[type=radio] { width: 1.1rem; height: 1.1rem; margin: .2rem 0 0; flex: none; accent-color: var(--accent) }
.check { display: flex; gap: .6rem; font-weight: inherit; padding: .2rem 0; align-items: flex-start }
.check + .row { margin-top: .5rem }
button, .button { display: inline-block; font: inherit; font-weight: 500; line-height: 1.4; padding: .35rem .8rem; border-radius: var(--small-round); border: 1px solid var(--line); background: var(--card); color: var(--text); cursor: pointer; text-decoration: none }
button.small { padding: .1rem .6rem; font-size: .85rem }
button:hover, .button:hover { background: var(--here) }
.primary { background: var(--primary); border-color: var(--primary); color: var(--on-primary) }
.primary:hover { background: var(--primary); filter: brightness(.92) }
.danger { color: var(--bad); border-color: currentColor }
[hidden] { display: none }
.save-bar { position: sticky; bottom: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: center; justify-content: end; margin: 1.25rem 0 0; padding: .75rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: var(--round); box-shadow: 0 -.25rem 1rem light-dark(#0001, #0006) }
html:has(.save-bar) { scroll-padding-bottom: 6rem }
.save-bar p { flex: 1 1 8rem; max-width: none; margin: 0; text-align: start }
[data-changed] .save-bar { border-color: var(--accent); box-shadow: 0 0 1rem light-dark(#0002, #0008) }
.act { display: inline-block }
.act + :is(.note, .columns) { margin-top: 1rem }
.act + .small { margin-top: .5rem }
.filters { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; margin: 0 0 1.25rem }
.filters .field { margin: 0; flex: 1 1 10rem; max-width: 18rem }
.filters .field.search { flex: 2 1 16rem; max-width: 26rem }
details { margin: 0 0 1rem }
summary { cursor: pointer; font-weight: 500; padding: .25rem 0 }
.pages { display: flex; gap: .75rem; flex-wrap: wrap; align-items: center; justify-content: space-between }
.pages:not(:last-child) { margin-bottom: 1.25rem }
.pages > :last-child:not(:first-child) { margin-left: auto }
.pages .row { margin: 0 }
.pages p { margin: 0; color: var(--soft); font-size: .875rem }
.filters :is(input, select, button) { height: 2.25rem }
.who { min-width: 14rem }
iframe { width: 100%; border: 1px solid var(--line); border-radius: var(--round); background: #fff; color-scheme: light }
.test-event .check + .hint { margin: 1rem 0 .4rem; padding-top: 1rem; border-top: 1px solid var(--line) }
@media (min-width: 64rem) { .test-event > :last-child { position: sticky; top: 1rem } }

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
.faults li:last-child, .faults li > :last-child { margin-bottom: 0 }
.answers { background: var(--card); border: 1px solid var(--line); border-radius: var(--round); margin: 0 0 .75rem; font-size: .875rem }
.answers details { margin: 0; padding: .35rem 1rem; border-bottom: 1px solid var(--line) }
.answers details:last-child { border-bottom: 0 }
.answers summary { font-weight: inherit }
.answers p { margin: .1rem 0 .4rem; overflow-wrap: anywhere }
`;
