import { createHash } from 'node:crypto';
import { Hono } from 'hono';
import { script } from './script.ts';
import { style } from './style.ts';

const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b57a4"/><path d="M7 11l9 6 9-6M7 10h18v12H7z" fill="none" stroke="#fff" stroke-width="2" stroke-linejoin="round"/></svg>`;

const path = '/console/assets';

const assets = {
  style: asset('style', 'css', 'text/css; charset=utf-8', style),
  script: asset('script', 'js', 'text/javascript; charset=utf-8', script),
  icon: asset('icon', 'svg', 'image/svg+xml', icon),
} as const;

/** Where the pages find them. A changed asset has another address, so a browser may keep what it has. */
export const assetUrls = {
  style: `${path}/${assets.style.name}`,
  script: `${path}/${assets.script.name}`,
  icon: `${path}/${assets.icon.name}`,
} as const;

export function assetPages() {
  const app = new Hono();
  for (const { name, type, content } of Object.values(assets)) {
    app.get(`/${name}`, (c) =>
      c.body(content, 200, {
        'content-type': type,
        'cache-control': 'private, max-age=31536000, immutable',
      }),
    );
  }
  return app;
}

function asset(name: string, extension: string, type: string, content: string) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
  return { name: `${name}-${hash}.${extension}`, type, content };
}
