/** Page, title and text. */
export const page = `
*, ::before, ::after { box-sizing: border-box }
html { -webkit-text-size-adjust: 100% }
body { margin: 0; background: var(--page); color: var(--text); font: .9375rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; overflow-wrap: anywhere }
a { color: var(--link); text-underline-offset: .15em }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: .2rem }
main:focus, .flash:focus { outline: none }
.skip { position: absolute; left: -999rem }
.skip:focus { left: 1rem; top: .5rem; z-index: 3; background: var(--card); padding: .5rem 1rem }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }

main { width: 100%; max-width: 92rem; margin: 0 auto; padding: 1.5rem 2rem 5rem }
.title { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; justify-content: space-between; min-height: 2.25rem; margin: 0 0 1rem }
.title > * { margin: 0 }
h1 { font-size: 1.375rem; line-height: 1.25; letter-spacing: -.015em; margin: 0 }
h2 { font-size: 1.0625rem; line-height: 1.3; letter-spacing: -.01em; margin: 2.25rem 0 .75rem }
h3 { font-size: .9375rem; margin: 1.5rem 0 .5rem }
h3 .soft { font-weight: 400 }
.card > :first-child, .card > form:first-child > :first-child { margin-top: 0 }
.card > :last-child, .card > form:last-child > :last-child { margin-bottom: 0 }
p { margin: 0 0 1rem; max-width: 44rem; text-wrap: pretty }
.title + h2, .title + section:not(.card) > h2:first-child { margin-top: .75rem }
.soft, .hint { color: var(--soft) }
.small { font-size: .8125rem }
.above { margin: 0 0 .25rem; font-size: .8125rem }
.above a { color: var(--soft) }
.above a::before { content: "← " / "" }
code, pre, .code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .875em }
pre { margin: 0 0 1rem; padding: 1rem; background: var(--sunk); border: 1px solid var(--line); border-radius: var(--round); overflow: auto; max-height: 36rem; white-space: pre-wrap }
`;
