import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { reasonOf } from '#shared/failure.ts';
import { isLoopbackUrl } from '#shared/polar/access.ts';
import { type Followed, followSettings } from '#shared/polar/connection/follow-settings.ts';
import { tellConnection } from '../kit/deployment-signs.ts';
import { type ConsoleEnv, page } from '../kit/page.ts';
import { settingsPath } from '../kit/paths.ts';
import type { ConsoleParts } from '../parts.ts';
import { type Problems, settingsForForm } from '../settings/save-settings.ts';
import { connectingPages } from './connecting-pages.ts';
import { connectionState, secretsShown } from './connection-state.ts';
import { connectionView } from './connection-view.ts';
import { emailsView } from './emails-view.ts';
import { importPages } from './import-pages.ts';
import { inTime, polarLink } from './polar-link.ts';
import { redeliverPosition, tendingPages } from './tending-pages.ts';

/** Gives the endpoint in Polar the events of the settings, and says what became of it. */
export function followingSettings(parts: ConsoleParts): () => Promise<Followed> {
  const link = polarLink(parts);
  return async () => {
    const followed = await followSettings({ ...link, inTime: (act) => inTime(act) });
    const { error } = followed;
    if (error !== undefined) parts.log.error('polar events', { reason: reasonOf(error) });
    return followed;
  };
}

/** The connection with Polar. */
export function polarPages(parts: ConsoleParts) {
  const app = new Hono<ConsoleEnv>();
  const link = polarLink(parts);

  async function home(c: Context<ConsoleEnv>, problems?: Problems): Promise<Response> {
    const [stored, state, secrets, workflows, imported] = await Promise.all([
      settingsForForm(parts),
      connectionState(link),
      secretsShown(link),
      parts.workflows.all(),
      parts.imports.read(),
    ]);
    if (state.kind === 'connected' && state.health.kind === 'told') {
      tellConnection(c, state.connection, state.health.value);
    }
    const obstacle = link.obstacle('production');
    const isLocal =
      isLoopbackUrl(link.addresses('production').apiUrl) ||
      (state.kind === 'connected' && obstacle !== undefined);
    const connection = connectionView(c, {
      state,
      imported,
      secrets,
      webhookUrl: link.webhookUrl,
      isLocal,
      obstacle,
      redeliverFrom: redeliverPosition(c.req.query('from')),
      ...(problems && { problems }),
    });
    const emails =
      state.kind === 'connected'
        ? emailsView(c, { ...state, workflows, events: stored.settings.events })
        : html``;
    return page(c, {
      title: 'Polar',
      section: 'polar',
      status: problems ? 422 : 200,
      body: html`${connection}${emails}`,
    });
  }

  app.get('/', (c) => home(c));
  // Where the settings were until they got a page of their own.
  app.get('/settings', (c) => c.redirect(settingsPath, 301));
  app.route('/', connectingPages(link, home));
  app.route('/', tendingPages(link));
  app.route('/import', importPages(link, parts));
  return app;
}
