/** Bars over time and of parts, with their legend and their table. */
export const charts = `
.chart { display: grid; grid-template-columns: auto minmax(0, 1fr); column-gap: .6rem; font-size: .75rem; color: var(--soft) }
.scale { display: flex; flex-direction: column; justify-content: space-between; height: calc(160px + 1.1rem); margin: -.55rem 0; text-align: right; font-variant-numeric: tabular-nums }
.bars { display: block; overflow: visible }
.bars line { stroke: var(--line) }
.bars .ground { fill: transparent }
.bars g:hover .ground { fill: var(--sunk) }
.bars .here .ground { fill: var(--here) }
.bars .good, .parts .good { fill: var(--chart-good) }
.bars .calm, .parts .calm { fill: var(--chart-calm) }
.bars .warn, .parts .warn { fill: var(--chart-warn) }
.bars .bad, .parts .bad { fill: var(--chart-bad) }
.ticks { display: flex; margin: .35rem 0 0; height: 1.1rem }
.ticks span { flex: 1 1 0; min-width: 0; white-space: nowrap }
.legend { list-style: none; margin: .6rem 0 .5rem; padding: 0; display: flex; flex-wrap: wrap; gap: .2rem 1rem; font-size: .8125rem; color: var(--soft) }
.legend li::before { content: ""; display: inline-block; width: .55rem; height: .55rem; margin-right: .4rem; border-radius: .15rem; background: var(--chart-calm) }
.legend .good::before { background: var(--chart-good) }
.legend .warn::before { background: var(--chart-warn) }
.legend .bad::before { background: var(--chart-bad) }
.as-table { margin: 0; font-size: .8125rem }
.as-table summary { color: var(--soft); font-weight: 400 }
.as-table .scroll { margin: .5rem 0 0; max-height: 22rem }
.as-table td { min-width: 0 }
.parts { display: block; border-radius: .3rem; background: var(--sunk) }

@media (max-width: 40rem) {
  .ticks span:not(:nth-child(4n + 1)) { visibility: hidden }
}
`;
