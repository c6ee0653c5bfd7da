import { Hono } from 'hono';
import type { ConsoleEnv } from '../console-env.ts';
import type { ConsoleParts } from '../console-parts.ts';
import { goOn } from '../flash.ts';
import { page } from '../page.ts';
import { overtakenForm } from './overtaken-form.ts';
import { home } from './polar-paths.ts';
import { saveSettingsPost } from './save-settings.ts';
import { settingsForm } from './settings-form.ts';
import { readSettingsPost } from './settings-post.ts';

const above = { href: home, title: 'Polar' };

/** Saving the settings: all, or nothing and why. */
export function settingsPages(parts: ConsoleParts) {
  const app = new Hono<ConsoleEnv>();

  app.post('/settings', async (c) => {
    const post = readSettingsPost(c.get('form'));
    if (!post) {
      const text = 'The form did not arrive as a whole, so nothing was saved. Fill it in again.';
      return goOn(c, home, { kind: 'problem', text });
    }
    const saving = await saveSettingsPost(parts, post, c.get('by'));
    switch (saving.kind) {
      case 'saved':
        return goOn(c, home, { kind: 'done', text: savedText(saving.changed) });
      case 'nothing-changed':
        return goOn(c, home, { kind: 'done', text: 'Nothing was changed.' });
      case 'invalid': {
        const body = settingsForm(c, { ...post, problems: saving.problems });
        return page(c, { title: 'Settings', section: 'polar', above, body, status: 422 });
      }
      case 'overtaken': {
        const body = overtakenForm(c, saving.overtaken);
        const title = 'Someone else changed the settings';
        return page(c, { title, section: 'polar', above, body, status: 409 });
      }
    }
  });

  // A reload of the page that says what is wrong asks for it so.
  app.get('/settings', (c) => c.redirect(home));

  return app;
}

function savedText(changed: number): string {
  const what = changed === 1 ? 'One setting was changed' : `${changed} settings were changed`;
  return `${what} and saved. Within half a minute everything goes by it.`;
}
