import { readFileSync } from 'node:fs';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { type Brand, textOn } from '#shared/audience/settings/brand.ts';
import { firstSend, storedWorkflowSchema } from '#shared/audience/workflow.ts';
import { readyMade } from '#shared/mail/ready-made/ready-made.ts';
import { renderEmail } from '#shared/mail/render-email.ts';
import { asMany } from '#test/support/as-many.ts';
import { droppedIn } from './allowed-html.ts';
import { anna, cardOf, compiledOf, compiledOnce, footer, node, rendered } from './an-email.ts';
import { outlineOf, parsedHtml } from './parsed-html.ts';
import { payloads, variablesOf } from './payloads.ts';

const northlight: Brand = {
  name: 'Northlight',
  logo: 'https://northlight.example/logo.png?size=2&v=1',
  logoDark: 'https://northlight.example/logo-dark.png',
  logoAlt: 'A northern light',
  accent: '#e4572e',
  website: 'https://northlight.example/',
  supportAddress: 'help@northlight.example',
  footer: 'Northlight AB, company 556677-8899.',
};
const portalUrl = 'https://northlight.example/billing';
const { postalAddress } = footer;

type Made = {
  email: (typeof readyMade)[number]['email'];
  event: (typeof readyMade)[number]['event'];
};

const made = new Map<string, ReturnType<typeof sent>>();

/** The mail of a payload with the brand, made once for all that is said of it. */
function branded(template: (typeof readyMade)[number], payload: string) {
  const key = `${template.name} ${payload}`;
  const mail = made.get(key) ?? sent(template, northlight, payload, postalAddress);
  made.set(key, mail);
  return mail;
}

function sent({ email, event }: Made, brand: Brand, payload?: string, address?: string) {
  const { contact, event: properties } = payload
    ? variablesOf(payload)
    : { contact: anna, event: {} };
  const result = renderEmail(
    compiledOnce({ email, event }),
    { contact, event: { ...properties, ...(brand.name && { portalUrl }) } },
    email.kind === 'marketing' ? footer : undefined,
    undefined,
    { brand, postalAddress: address, event },
  );
  if (result.kind === 'blocked') throw new Error(result.reason);
  return result;
}

/** Gmail cuts what is longer. */
const gmailClipsAt = 102 * 1_024;

/** One payload of so many, and all of the mail's own event. */
const oneOf = asMany(8, 1);

describe.each(readyMade)('the mail $name', (template) => {
  const told = payloads.filter(
    (payload, nth) => payload.startsWith(`${template.event}.`) || nth % oneOf === 0,
  );

  it('has nothing that a mail program drops, whatever the payload, with and without a brand', () => {
    for (const payload of told) {
      const plain = sent(template, {}, payload, postalAddress);
      for (const { html } of [plain, branded(template, payload)]) {
        expect(droppedIn(html)).toEqual([]);
        expect(Buffer.byteLength(html)).toBeLessThan(gmailClipsAt / 4);
      }
    }
  });

  it('carries the brand, one button at most, and says why it comes and where help is', () => {
    for (const payload of told) {
      const { html, text } = branded(template, payload);
      const { named } = parsedHtml(html);
      expect(named('td').find(({ attributes }) => attributes['class'] === 'head')?.text).toMatch(
        /Northlight$/,
      );
      expect(named('img').map(({ attributes }) => attributes['src'])).toEqual([
        northlight.logo,
        northlight.logoDark,
      ]);
      const buttons = named('td').filter(({ attributes }) => attributes['class'] === 'button');
      expect(buttons.length).toBeLessThanOrEqual(1);
      for (const { attributes } of buttons) expect(attributes['bgcolor']).toBe(northlight.accent);
      const hrefs = named('a').map(({ attributes }) => attributes['href']);
      expect(hrefs).toContain('mailto:help@northlight.example');
      expect(hrefs).toContain(northlight.website);
      for (const part of [named('body')[0]?.text ?? '', text]) {
        expect(part).toMatch(/You get this email because you [a-z ]+ Northlight\./);
        expect(part).toContain('Storgatan 1');
        expect(part).toContain(northlight.footer);
      }
    }
  });

  it('is whole without any brand', () => {
    const { html, text } = sent(template, {});
    expect(parsedHtml(html).named('img')).toEqual([]);
    expect(html).not.toMatch(/class="head"|border-top:4px/);
    expect(text).toMatch(/You get this email because you [a-z ]+ (?:us|ours|our news)\./);
    expect(`${html}${text}`).not.toMatch(/undefined|\{\{|\{%/);
  });
});

describe('a button', () => {
  const button = (brand: Brand) => {
    const email = node('Look:\n\n[Pay {{ contact.firstName }}]({{ event.portalUrl }}){button}');
    return sent({ email, event: 'subscription.created' }, { ...brand, name: 'N' });
  };

  it('is a link in a cell of the accent, with text that can be read on it', () => {
    for (const accent of ['#e4572e', '#1a1a1a', '#ffd400']) {
      const { html, text } = button({ accent });
      const { named } = parsedHtml(html);
      const cell = named('td').find(({ attributes }) => attributes['class'] === 'button');
      expect(cell?.attributes['bgcolor']).toBe(accent);
      const [link] = named('a');
      expect(link?.attributes['href']).toBe(portalUrl);
      expect(link?.text).toBe('Pay Anna');
      expect(link?.attributes['style']).toContain(`;color:${textOn(accent)};`);
      expect(text).toContain(`Pay Anna: ${portalUrl}\n`);
    }
  });

  it('has a colour of its own where the shop has none', () => {
    expect(button({}).html).toContain('bgcolor="#1d4ed8"');
  });

  it.each(['Now [Pay](https://example.com){button}', '[Pay](https://example.com){button} now'])(
    'is none in a line with other words, which is told: %s',
    (body) => {
      const { compiled, warnings } = compiledOf(node(body));
      expect(compiled.html).not.toContain('class="button"');
      expect(warnings).toEqual([expect.stringContaining('a link in its own paragraph')]);
    },
  );

  it('is one, too, in a condition, a list and a quote', () => {
    const link = '[Pay](https://example.com){button}';
    for (const body of [
      `{% if contact.email %}${link}{% endif %}`,
      `> ${link}`,
      `- ${link}\n\n  x`,
    ]) {
      expect(rendered(body).html).toContain('class="button"');
      expect(droppedIn(rendered(body).html)).toEqual([]);
    }
  });
});

describe('a table of names and values', () => {
  it('has its values at the end of each row, and lines between the rows only', () => {
    const body = '| | |\n|---|---|\n| Plan | A |\n| **Total** | **$1** |';
    const { named } = parsedHtml(rendered(body).html);
    const cells = named('td').filter(({ text }) => ['Plan', 'A', 'Total', '$1'].includes(text));
    expect(cells.map(({ attributes }) => attributes['style']?.includes('border-top'))).toEqual([
      false,
      false,
      true,
      true,
    ]);
    expect(
      cells.map(({ attributes }) => /text-align:(\w+)/.exec(attributes['style'] ?? '')?.[1]),
    ).toEqual(['left', 'right', 'left', 'right']);
  });

  it('is any other table where it has a header', () => {
    const { html } = rendered('| Name | Price |\n|---|---|\n| Plan | A |');
    expect(cardOf(html)).not.toContain('text-align:right');
  });
});

describe('variables of the brand', () => {
  it('have the values of the brand, as text', () => {
    const email = node('{{ brand.name }}, {{ brand.website }}, {{ brand.supportAddress }}');
    const event = 'order.paid';
    expect(sent({ email, event }, northlight).text).toContain(
      'Northlight, https://northlight.example/, help@northlight.example\n',
    );
    expect(() => sent({ email, event }, {})).toThrow('The variable brand.name has no value');
  });

  it('without a default are warned of, since a mail would be blocked', () => {
    expect(compiledOf(node('By {{ brand.name }}')).warnings).toEqual([
      `Body, line 1: Emails sent while there's no brand.name will be blocked; give it a default: {{ brand.name | default: "…" }}.`,
    ]);
  });

  it('are those that templates need and no others', () => {
    expect(() => compiledOf(node('{{ brand.accent }}'))).toThrow(
      'There is no variable brand.accent',
    );
    expect(() => compiledOf(node('{{ brand }}'))).toThrow('write brand.name, for example');
    expect(() => compiledOf(node('{% assign brand = 1 %}x'))).toThrow('The name brand is taken');
  });
});

describe('a brand that means harm', () => {
  const harm = '"><img src=x onerror=alert(1)>{{ contact.email }}{% if %}</style>';
  const email = node('Hello', { kind: 'marketing' });

  it('changes nothing but text', () => {
    const plain = { ...northlight, footer: 'x' };
    const hostile = { ...plain, name: harm, logoAlt: harm, footer: harm };
    const event = 'order.paid';
    const [good, bad] = [plain, hostile].map((one) => sent({ email, event }, one, undefined, 'A'));
    expect(outlineOf(bad?.html ?? '')).toEqual(outlineOf(good?.html ?? ''));
    expect(bad?.text).toContain('{{ contact.email }}');
  });

  it('leads nowhere by an address that is none', () => {
    const bad = { ...northlight, website: 'javascript:alert(1)', logo: 'data:text/html,x' };
    const { html } = sent({ email, event: 'order.paid' }, bad);
    expect(html).not.toMatch(/javascript:|data:text/);
  });
});

describe('a workflow that 0.1.0 saved', () => {
  const rows = JSON.parse(
    readFileSync(
      new URL('../../../fixtures/upgrade/0.1.0/tables/Workflows.json', import.meta.url),
      'utf8',
    ),
  );
  const workflows = z
    .array(z.any())
    .parse(rows)
    .map((row) => storedWorkflowSchema.parse(unmarshall(row)));

  it.each(workflows)('sends the body of $workflowId in the present layout', (workflow) => {
    const { email, compiled } = firstSend(workflow);
    const { trigger } = workflow;
    const isMarketing = email.kind === 'marketing';
    const payload = payloads.find((one) => one.startsWith(`${trigger.event}.plain`));
    const { contact, event } = variablesOf(payload ?? '');
    const letterhead = { brand: northlight, postalAddress, event: trigger.event };
    const old = renderEmail(
      compiled,
      { contact, event },
      isMarketing ? footer : undefined,
      undefined,
      letterhead,
    );
    if (old.kind === 'blocked') throw new Error(old.reason);
    const { named } = parsedHtml(old.html);
    expect(old.html.match(/<!DOCTYPE/g)).toHaveLength(1);
    expect(named('title')[0]?.text).toBe(old.subject.replaceAll(/\s+/g, ' '));
    expect(named('td').filter(({ attributes }) => attributes['class'] === 'head')).toHaveLength(1);
    expect(cardOf(old.html)).toMatch(/^<(?:p|h1)/);
    expect(droppedIn(old.html)).toEqual([]);
    expect(old.text.match(/^-- $/gm)).toHaveLength(1);
    expect(old.text).toMatch(/You get this email because you [a-z ]+ Northlight\./);
    expect(old.html.includes(footer.unsubscribeUrl)).toBe(isMarketing);
    expect(old.text.includes(footer.unsubscribeUrl)).toBe(isMarketing);
    if (email.preheader) expect(named('div')[0]?.text).not.toBe('');
  });
});
