import { audience } from './audience.ts';
import { blocks } from './blocks.ts';
import { cards } from './cards.ts';
import { charts } from './charts.ts';
import { colours } from './colours.ts';
import { emails } from './emails.ts';
import { events } from './events.ts';
import { forms } from './forms.ts';
import { overview } from './overview.ts';
import { page } from './page.ts';
import { phone } from './phone.ts';
import { rail } from './rail.ts';
import { settings } from './settings.ts';
import { workflows } from './workflows.ts';

/** The looks of all pages, in the order in which they win. A section's own looks come before those of small windows. */
export const style = [
  ...[colours, page, rail, blocks, charts, forms],
  ...[settings, workflows, overview, audience, emails, events],
  ...[cards, phone],
].join('');
