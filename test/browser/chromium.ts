import { accessSync, constants } from 'node:fs';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import * as z from 'zod';

/** Debian's Chromium, or what CHROMIUM names. */
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Whether there is a browser on this machine; says so once where there is none. */
export const hasBrowser = isExecutable();
if (!hasBrowser) {
  console.warn(
    `No browser at ${executablePath}: the tests in a real browser are skipped. Install Debian's package chromium, or name a Chromium with CHROMIUM.`,
  );
}

/** Without its own traffic: it would only be refused. As root it cannot have a sandbox. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

const violationsSchema = z.array(
  z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) }),
);

/** What axe-core finds fault with on the page, by all of its rules or these, with the markup that it means. */
export async function violationsOn(page: Page, rules?: readonly string[]): Promise<string[]> {
  const isLoaded = await page.evaluate('"axe" in window');
  if (!isLoaded) await page.evaluate(axe.source);
  const options = JSON.stringify({ resultTypes: ['violations'], ...(rules && { runOnly: rules }) });
  const found = await page.evaluate(
    `axe.run(document, ${options}).then(({ violations }) => violations)`,
  );
  return violationsSchema
    .parse(found)
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

/** What is wrong with the page on a phone and on a desk, in light and in dark, which has other colours and nothing else. */
export async function faultsOn(page: Page): Promise<string[]> {
  const faults: string[] = [];
  for (const width of [390, 1_280]) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    const isTooWide = await page.evaluate(
      'document.documentElement.scrollWidth > document.documentElement.clientWidth',
    );
    if (isTooWide) faults.push(`scrolls sideways at ${width} pixels`);
    faults.push(...(await violationsOn(page)));
    await page.emulateMedia({ colorScheme: 'dark' });
    const inDark = await violationsOn(page, ['color-contrast']);
    faults.push(...inDark.map((fault) => `in dark: ${fault}`));
  }
  return faults;
}

function isExecutable(): boolean {
  try {
    accessSync(executablePath, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
