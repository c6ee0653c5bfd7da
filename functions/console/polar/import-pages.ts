import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { begun, continued, type Import, stoppedByHand } from '#shared/audience/backfill/import.ts';
import { workOnImport } from '#shared/audience/backfill/import-step.ts';
import { reasonOf } from '#shared/failure.ts';
import { importPartsOf } from '#shared/store/wiring/import.ts';
import { textOf } from '../kit/fields.ts';
import { type ConsoleEnv, page } from '../kit/page.ts';
import { importPath, polarPath } from '../kit/paths.ts';
import { goOn } from '../kit/remembered.ts';
import type { ConsoleParts } from '../parts.ts';
import { importView } from './import-view.ts';
import type { PolarLink } from './polar-link.ts';

/** As long as a person waits for a small import to be done. The rest the function `importer` does. */
const atOnceMs = 8_000;
/** Of each call of Polar, so that the last one ends before API Gateway gives up. */
const patienceMs = 4_000;

const isRunning = (known: Import | undefined) =>
  `${known?.kind === 'look' ? 'A preview' : 'An import'} is already running. This page shows its progress.`;
const isOver = 'The import has changed in the meantime. This page shows it as it is now.';

/** Brings in the customers whom Polar had before it was connected. */
export function importPages(link: PolarLink, parts: ConsoleParts) {
  const app = new Hono<ConsoleEnv>();
  const { imports, env, now, newId, log } = parts;
  const work = importPartsOf({
    ...parts,
    apiOf: ({ server }) => link.apiOf(server, { patienceMs }),
    tables: { customers: env.CUSTOMERS_TABLE, settings: env.SETTINGS_TABLE },
  });

  app.get('/', async (c) => {
    const [connection, known, settings] = await Promise.all([
      link.connections.read(),
      imports.read(),
      // Without valid ones an import is refused, and says why.
      parts.settings().catch(() => undefined),
    ]);
    return page(c, {
      title: 'Import customers',
      section: 'polar',
      above: { href: polarPath, title: 'Polar' },
      body: connection
        ? importView(c, { known, connection, now: now(), events: settings?.events })
        : html`<p>Connect Polar first. Then import the customers it already has.</p>
<p><a class="button primary" href="${polarPath}">Connect Polar</a></p>`,
    });
  });

  const beginning = (kind: Import['kind']) => async (c: Context<ConsoleEnv>) => {
    const [connection, known] = await Promise.all([link.connections.read(), imports.read()]);
    if (!connection) return refused(c, 'Polar isn’t connected. Connect it first.');
    const next = begun({ kind, connection, by: c.get('by'), importId: newId() }, known, now());
    if (!next) return refused(c, isRunning(known));
    if (!(await imports.put(next, known))) return refused(c, isRunning(await imports.read()));
    return atOnce(c);
  };
  app.post('/look', beginning('look'));
  app.post('/start', beginning('import'));

  app.post('/continue', async (c) => {
    const known = await shown(c);
    const next = known && continued(known, now());
    if (!next || !(await imports.put(next, known))) return refused(c, isOver);
    return atOnce(c);
  });

  app.post('/stop', async (c) => {
    // Each page that is done changes the row: the last word is the person's.
    for (let tries = 0; tries < 10; tries += 1) {
      const known = await shown(c);
      const next = known && stoppedByHand(known, now());
      if (!next) return refused(c, isOver);
      if (await imports.put(next, known)) return done(c, next);
    }
    return refused(c, 'The import didn’t stop. Try again.');
  });

  /** The import that the page was about, and no later one. */
  async function shown(c: Context<ConsoleEnv>): Promise<Import | undefined> {
    const known = await imports.read();
    return known?.importId === textOf(c.get('form'), 'import') ? known : undefined;
  }

  /** Does what fits into an answer. Whatever fails here is tried again by the function `importer`. */
  async function atOnce(c: Context<ConsoleEnv>): Promise<Response> {
    try {
      await workOnImport(work, atOnceMs);
    } catch (error) {
      log.error('import', { reason: reasonOf(error) });
    }
    const known = await imports.read();
    return known ? done(c, known) : goOn(c, importPath);
  }

  function done(c: Context<ConsoleEnv>, { importId, state, place }: Import): Response {
    const { drift, subscriptions = 0 } = place?.counts ?? {};
    const [added, updated] = [drift?.missing ?? 0, drift?.stale ?? 0];
    const grouped = drift?.['wrong-group'] ?? 0;
    c.set('acted', { importId, state, added, updated, grouped, subscriptions });
    return goOn(c, importPath);
  }

  const refused = (c: Context<ConsoleEnv>, text: string) =>
    goOn(c, importPath, { kind: 'problem', text });

  return app;
}
