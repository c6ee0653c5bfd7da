import { readdirSync, readFileSync } from 'node:fs';
import { holds } from '#shared/audience/conditions.ts';
import { type ReadyMade, readyMade } from '#shared/mail/ready-made/ready-made.ts';
import { renderEmail } from '#shared/mail/render-email.ts';
import { polarEvent } from '#shared/polar/event.ts';
import type { EventProperties } from '#shared/polar/event-properties.ts';
import { compiledOnce } from './an-email.ts';
import { parsedHtml } from './parsed-html.ts';

const fixtures = new URL('../../../fixtures/', import.meta.url);

/** A webhook's body, as it was parsed. */
export type Webhook = { type: string; timestamp: string; data: Record<string, unknown> };

/** The bodies in a file of `fixtures/inputs`. */
export function inputsOf(file: string): Webhook[] {
  const { webhooks } = JSON.parse(readFileSync(new URL(`inputs/${file}`, fixtures), 'utf8'));
  return webhooks.map((one: { body?: Webhook }) => one.body ?? one);
}

/** All bodies of each life, by the name of its file. */
export function lives(): [string, Webhook[]][] {
  return readdirSync(new URL('lives/', fixtures))
    .filter((file) => file !== 'index.json')
    .map((file) => {
      const steps = JSON.parse(readFileSync(new URL(`lives/${file}`, fixtures), 'utf8'));
      return [file, steps.map(({ event }: { event: Webhook }) => event)];
    });
}

export type Mail = { name: string; subject: string; preheader: string; text: string };

/** The ready-made mails that a webhook sends. */
export function mailsOf(webhook: Webhook): Mail[] {
  const parsed = polarEvent(JSON.stringify(webhook));
  if (parsed.kind === 'unreadable') return [];
  const { type, properties } = parsed.event;
  return readyMade
    .filter(
      ({ event, conditions }) =>
        event === type && conditions.every((one) => holds(one, { event: properties })),
    )
    .map((template) => mailOf(template, properties));
}

/** `portalUrl`: as where Polar is connected. */
export function mailOf(
  template: ReadyMade,
  properties: EventProperties & { portalUrl?: string },
): Mail {
  const contact = { firstName: 'Anna', email: 'anna@example.com' };
  const { name, email } = template;
  const footer = { unsubscribeUrl: 'https://example.com/u', postalAddress: 'Storgatan 1' };
  const isMarketing = email.kind === 'marketing';
  const result = renderEmail(
    compiledOnce(template),
    { contact, event: properties },
    isMarketing ? footer : undefined,
  );
  if (result.kind === 'blocked') throw new Error(`${name}: ${result.reason}`);
  // Behind it stand characters that are not seen, which keep the body out of a list of mails.
  const preheader = (parsedHtml(result.html).named('div')[0]?.text ?? '').split('\u034f')[0] ?? '';
  return { name, subject: result.subject, preheader, text: spaced(result.text) };
}

/** `Intl` puts a space between letters and digits that does not break. */
const spaced = (text: string) => text.replaceAll('\u00a0', ' ');
