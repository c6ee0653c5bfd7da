/** Page, header and text. */
export const page = `
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
`;
