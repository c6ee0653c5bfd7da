import { copy } from './copy.ts';
import { find } from './find.ts';
import { frames } from './frames.ts';
import { menu } from './menu.ts';
import { once } from './once.ts';
import { preview } from './preview.ts';
import { refresh } from './refresh.ts';
import { times } from './times.ts';
import { unsaved } from './unsaved.ts';

/** What pages do beside being read. Everything works without it. What is last uses what comes before it. */
export const script = [times, copy, unsaved, once, find, menu, frames, preview, refresh].join('');
