import { createHash } from 'node:crypto';
import { html } from 'hono/html';
import type { MoreSources } from './guard.ts';
import type { Html } from './page.ts';

const mostStyles = 80;
const mostImageHosts = 20;

/**
 * An email in a frame where nothing runs and nothing is sent: all that the sandbox allows is that the page around it sees
 * how high it is. A frame without an address of its own is under the policy of its page, so the page has to answer with
 * `emailSources`.
 */
export function emailFrame(email: string): Html {
  return html`<iframe class="mail" title="The email as it would look" sandbox="allow-same-origin" srcdoc="${email}"></iframe>`;
}

type Previewed = Readonly<{
  /** What is chosen about it: fields that are no part of what is saved. */
  choices: Html;
  /** Where the page comes back to without a script. */
  back: string;
  /** What the page that it is on may show, which its policy has. */
  sources: MoreSources | undefined;
  body: Html;
}>;

/** A preview beside its form, which follows what is typed and chosen; without a script its button makes it again. */
export function previewPane({ choices, back, sources, body }: Previewed): Html {
  const ofPage = createHash('sha256')
    .update(JSON.stringify(sources ?? ''))
    .digest('hex');
  return html`<h2 id="preview">Preview</h2>
<div class="filters" data-view><div class="chosen" data-preview-choices>${choices}</div>
<button type="submit" name="act" value="preview" formaction="${back}" data-preview-button>Preview</button></div>
<div data-preview="${ofPage.slice(0, 12)}">${body}</div>`;
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
      ...[...elements, ...attributes].slice(0, mostStyles).map(hashSource).sort(),
    ],
    images: hosts.slice(0, mostImageHosts).sort(),
  };
}

function allOf(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, part = '']) => part))];
}

function hashSource(style: string): string {
  return `'sha256-${createHash('sha256').update(style).digest('base64')}'`;
}
