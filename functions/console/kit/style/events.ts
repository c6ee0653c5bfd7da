/** A single event: its tabs, and JSON told apart. */
export const events = `
.tabs { display: flex; flex-wrap: wrap; gap: 0 1.25rem; border-bottom: 1px solid var(--line); flex: 1 1 20rem }
.tabs a { padding: .4rem 0; color: var(--soft); text-decoration: none; border-bottom: 2px solid transparent }
.tabs a:hover { color: var(--text) }
.tabs a:is(:hover, [aria-current]) { background: none; border-radius: 0 }
.tabs a[aria-current] { color: var(--text); font-weight: 500; border-bottom-color: var(--text) }
h2:has(> .small) { display: flex; flex-wrap: wrap; gap: 0 .65rem; align-items: baseline }
h2 .small { font-weight: 400; letter-spacing: 0 }
details.card[open] > summary { margin-bottom: .5rem }
pre .json-name { color: var(--link) }
pre .json-text { color: var(--good) }
pre .json-value { color: var(--warn) }
`;
