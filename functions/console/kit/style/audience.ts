/** The audience: filters, what a contact gets, and emails under the event that asked for them. */
export const audience = `
.spread > .filters { flex: 1 1 24rem }
.chips { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: start; margin: 0 0 1rem }
.chips ul { list-style: none; display: flex; flex-wrap: wrap; gap: .35rem; margin: 0; padding: 0 }
.chips details { margin: 0 }
.chips .filters { margin: .5rem 0 0 }
.chip { display: inline-block; padding: .2rem .6rem; border: 1px solid var(--line); border-radius: 1rem; background: var(--card); color: var(--text); font-size: .875rem; text-decoration: none }
.chip:hover { background: var(--sunk) }
.chip[aria-current] { background: var(--primary); border-color: var(--primary); color: var(--on-primary) }
.found { max-width: 48rem }
.standing { max-width: 75rem; font-size: 1.0625rem; margin: 0 0 1rem }
.timeline .caused { list-style: none; margin: .5rem 0 0; padding: 0 0 0 .9rem; border-left: 2px solid var(--line) }
.caused > li + li { margin-top: .5rem }
`;
