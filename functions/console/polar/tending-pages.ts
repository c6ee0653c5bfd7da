import { Hono } from 'hono';
import {
  disconnectPolar,
  enableEndpoint,
  repairConnection,
  rotateSecret,
} from '#shared/polar/tend-connection.ts';
import type { ConsoleEnv } from '../console-env.ts';
import { textOf } from '../fields.ts';
import { goOn } from '../flash.ts';
import { page } from '../page.ts';
import { link as urlOf } from '../shown.ts';
import { connectionShown, disconnectView } from './disconnect-view.ts';
import type { PolarLink } from './polar-link.ts';
import { home } from './polar-paths.ts';
import { redeliverPosition, redeliverSome, tend } from './tend.ts';

/** What keeps a connection well, and what ends it. */
export function tendingPages(link: PolarLink) {
  const app = new Hono<ConsoleEnv>();

  app.post('/enable', async (c) => goOn(c, home, await tend(link, enableEndpoint)));
  app.post('/repair', async (c) => goOn(c, home, await tend(link, repairConnection)));
  app.post('/rotate', async (c) => goOn(c, home, await tend(link, rotateSecret)));

  app.post('/redeliver', async (c) => {
    const from = redeliverPosition(textOf(c.get('form'), 'from'));
    const { kind, text, next } = await redeliverSome(link, from);
    return goOn(c, urlOf(home, { from: next }), { kind, text });
  });

  app.get('/disconnect', async (c) => {
    const connection = await link.connections.read();
    if (!connection) return c.redirect(home);
    return page(c, {
      title: `Disconnect from ${connection.organizationName}?`,
      section: 'polar',
      above: { href: home, title: 'Polar' },
      body: disconnectView(c, connection),
    });
  });

  app.post('/disconnect', async (c) => {
    const shown = textOf(c.get('form'), 'connection');
    const flash = await tend(link, async (parts, connection) => {
      if (connectionShown(connection) === shown) return disconnectPolar(parts, connection);
      const reason =
        'The connection was changed since that page was opened, so it was not ended. Look at it again.';
      return { kind: 'unfinished', reason, error: undefined };
    });
    return goOn(c, home, flash);
  });

  return app;
}
