import { narrow } from './cards.ts';

/** The page of the settings. */
export const settings = `
.settings .columns { margin-top: 1.25rem }
.settings .card fieldset > p.hint { margin: .75rem 0 0 }
.settings fieldset.event { display: grid; grid-template-columns: 1fr 1fr; gap: .1rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: var(--round); padding: 1rem; margin: 0 0 .75rem }
.settings .event legend, .settings .event .field, .settings .event .unused, .settings .event .effect { grid-column: 1 / -1 }
.settings .event legend { float: left; margin: 0 0 .5rem; display: grid; font-weight: 500 }
.settings .event legend .hint { font-weight: 400 }
.settings .event .field { margin: .4rem 0 0 }
.settings .event :is(.unused, .effect) { margin: .4rem 0 0 }
.settings .heads { display: none }
@media not ${narrow} {
  .settings .events { background: var(--card); border: 1px solid var(--line); border-radius: var(--round); margin: 0 0 1.25rem }
  .settings .heads, .settings fieldset.event { display: grid; grid-template-columns: minmax(11rem, 1fr) 2.5rem 5rem 5rem 5.5rem minmax(8rem, max(12rem, 30vw - 15rem)) 10rem; column-gap: 1rem; align-items: center; padding: .7rem 1rem; border: 0; border-bottom: 1px solid var(--line); border-radius: 0; margin: 0; background: none }
  .settings .heads { font-size: .8125rem; font-weight: 600; color: var(--soft) }
  .settings fieldset.event:last-child { border-bottom: 0 }
  .settings .event legend, .settings .event .field { margin: 0; grid-column: auto }
  .settings .event .check span, .settings .event .field label { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
  .settings .event .check { padding: .4rem 0 }
  .settings .event .check input { margin: 0 }
  .settings .event div.wrong > .problem { font-size: .8125rem; overflow-wrap: normal }
  .settings .event .unused { grid-column: span 4; margin: 0 }
  .settings .event .effect { grid-column: 6 / -1 }
}
`;
