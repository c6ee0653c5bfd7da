import { createHash } from 'node:crypto';
import { html } from 'hono/html';
import type { MoreSources } from './guard.ts';
import type { Html } from './page.ts';

const mostStyles = 80;
const mostImageHosts = 20;

/**
 * An email in a frame where nothing runs and nothing is sent: the sandbox allows nothing. A frame without an address
 * of its own is under the policy of its page, so the page has to answer with `emailSources`.
 */
export function emailFrame(email: string): Html {
  return html`<iframe class="mail" title="The email as it would look" sandbox="" srcdoc="${email}"></iframe>`;
}

/**
 * What an email that we rendered needs to look like itself: the hashes of exactly its own styles, and the hosts of its
 * images. Values in it are escaped, so a quote always ends an attribute.
 */
export function emailSources(email: string): MoreSources {
  const attributes = allOf(email, / style="([^"]*)"/g);
  const elements = allOf(email, /<style>([^<]*)<\/style>/g);
  const hosts = allOf(email, /<img [^>]*?src="(https:\/\/[a-z0-9.-]+(?::\d{1,5})?)[/?"#]/gi);
  return {
    styles: [
      "'unsafe-hashes'",
      ...[...elements, ...attributes].slice(0, mostStyles).map(hashSource),
    ],
    images: hosts.slice(0, mostImageHosts),
  };
}

function allOf(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, part = '']) => part))];
}

function hashSource(style: string): string {
  return `'sha256-${createHash('sha256').update(style).digest('base64')}'`;
}
