import { describe, expect, it } from 'vitest';
import { holds as holdsFor } from '#shared/audience/conditions.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { checkWorkflow } from '#shared/mail/check/check-workflow.ts';
import { compileEmail } from '#shared/mail/compile/compile-email.ts';
import { type ReadyMade, readyMade } from '#shared/mail/ready-made/ready-made.ts';
import { renderEmail } from '#shared/mail/render-email.ts';
import { standardEventTypes } from '#shared/polar/event-types.ts';
import { compiledOf, compiledOnce, footer } from '#test/unit/shared/mail/an-email.ts';
import { parsedHtml } from '#test/unit/shared/mail/parsed-html.ts';
import { payloads, variablesOf } from '#test/unit/shared/mail/payloads.ts';

function templateNamed(name: string): ReadyMade {
  const template = readyMade.find((one) => one.name === name);
  if (!template) throw new Error(`no template ${name}`);
  return template;
}

function renderedFor(template: string, fixture: string) {
  const compiled = compiledOnce(templateNamed(template));
  const { contact, event: properties } = variablesOf(fixture);
  const result = renderEmail(compiled, { contact, event: properties }, undefined);
  if (result.kind === 'blocked') throw new Error(result.reason);
  return result;
}

describe('the ready-made workflows', () => {
  it('are one for each standard event, and for the optional ones of which Polar mails nothing, each with a name of its own', () => {
    const free = ['order.refunded', 'subscription.paused'];
    const events = [...standardEventTypes, ...free];
    expect(readyMade.map(({ event }) => event).sort()).toEqual(events.sort());
    expect(new Set(readyMade.map(({ name }) => name)).size).toBe(readyMade.length);
    for (const { name } of readyMade) expect(name).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
  });

  it.each(readyMade)('$name can be saved and activated as it is', (template) => {
    const { title, event, conditions, audience = [], frequency, email } = template;
    expect(compileEmail(email, event)).toMatchObject({ kind: 'compiled', warnings: [] });
    const draft = {
      name: title,
      trigger: { event, conditions },
      frequency,
      maxAgeHours: 72,
      audience,
      steps: [{ kind: 'send', id: 'email', email }],
    };
    const events = { ...defaultSettings.events, [event]: defaultSettings.events['order.paid'] };
    const settings = { ...defaultSettings, events, postalAddress: footer.postalAddress };
    expect(checkWorkflow(draft, { settings, hasSender: true })).toMatchObject({
      kind: 'accepted',
      warnings: [],
      obstacles: [],
    });
  });

  it('mail marketing only to welcome people', () => {
    const marketing = readyMade.filter(({ email }) => email.kind === 'marketing');
    expect(marketing.map(({ name }) => name)).toEqual(['welcome']);
  });
});

const pairs = readyMade.flatMap((template) => payloads.map((fixture) => ({ template, fixture })));

describe.each(pairs)('$template.name for $fixture', ({ template, fixture }) => {
  const isMarketing = template.email.kind === 'marketing';
  const { contact, event } = variablesOf(fixture);
  const compiled = compiledOnce(template);
  const result = renderEmail(compiled, { contact, event }, isMarketing ? footer : undefined);

  it('is an email that can be sent', () => {
    if (result.kind === 'blocked') throw new Error(result.reason);
    const { errors, elements, named } = parsedHtml(result.html);
    expect(errors).toEqual([]);
    expect(named('title')[0]?.text).toBe(result.subject.replaceAll(/\s+/g, ' '));
    expect(named('html')[0]?.attributes['lang']).toBe('en');
    expect(
      elements.filter(({ tag }) => ['script', 'img', 'iframe', 'form', 'link'].includes(tag)),
    ).toEqual([]);
    const plain = ['p', 'a', 'td', 'h1', 'table', 'body', 'div'];
    for (const { tag, attributes } of elements) {
      expect(Object.keys(attributes).filter((name) => name.startsWith('on'))).toEqual([]);
      if (plain.includes(tag)) expect(attributes['style']).toBeTruthy();
    }
    const links = named('a').map(({ attributes }) => attributes['href']);
    expect(links).toEqual(isMarketing ? [footer.unsubscribeUrl] : []);
    expect(result.text.includes(footer.unsubscribeUrl)).toBe(isMarketing);
    expect(result.text.includes('Storgatan 1')).toBe(isMarketing);
    const written = `${result.subject}\n${named('body')[0]?.text}\n${result.text}`;
    expect(written.replaceAll('{{contact.email}}', '')).not.toMatch(
      /\{\{|\{%|undefined|null|NaN|\[object/,
    );
    expect(result.text).not.toMatch(/\*\*|\|---|<\/?p>/);
  });
});

describe('a name that means harm', () => {
  it('is text in an email about it', () => {
    const { html, text, subject } = renderedFor(
      'payment-failed',
      'subscription.past_due.awkward.json',
    );
    expect(parsedHtml(html).named('p')[0]?.text).toBe('Hi Eve,');
    expect(text).toContain('Hi Eve,\n');
    expect(subject).toBe('Your payment didn’t go through');
    const { contact, event } = variablesOf('subscription.past_due.awkward.json');
    const { compiled } = compiledOf({
      ...templateNamed('payment-failed').email,
      subject: '{{ contact.name }}',
      body: '{{ contact.name }}',
    });
    const shown = 'Eve Bcc: all@example.org {{contact.email}} <img src=x onerror=alert(1)>';
    const email = renderEmail(compiled, { contact, event }, undefined);
    expect(email).toMatchObject({ subject: shown, text: `${shown}\n` });
    if (email.kind === 'rendered') {
      expect(parsedHtml(email.html).named('p')[0]?.text).toBe(shown);
      expect(parsedHtml(email.html).named('img')).toEqual([]);
    }
  });
});

describe('the words fit the occasion', () => {
  it.each([
    ['receipt', 'order.paid.plain.json', 'Thank you for your order!'],
    ['receipt', 'order.paid.plain.json', 'Total: $61.25'],
    ['receipt', 'order.paid.plain.json', 'Invoice: NORTHLIGHT-0B7C1F-0007'],
    ['receipt', 'order.paid.awkward.json', 'Your subscription has been renewed'],
    ['receipt', 'order.paid.awkward.json', '¥105,000'],
    ['receipt', 'order.paid.no-product-zero.json', 'there was nothing to pay'],
    ['receipt', 'order.paid.no-product-zero.json', 'Total: $0.00'],
    ['subscription-started', 'subscription.created.plain.json', 'The price is $19.00 every month'],
    ['subscription-started', 'subscription.created.awkward.json', 'free until November 26, 2026'],
    ['subscription-active', 'subscription.active.plain.json', 'renews on December 2, 2026'],
    ['cancellation-scheduled', 'subscription.canceled.plain.json', 'access until December 2, 2026'],
    ['access-ended', 'subscription.revoked.unpaid.json', 'because we couldn’t collect the payment'],
    ['access-ended', 'subscription.revoked.plain.json', 'You’re welcome back'],
  ])('%s for %s says: %s', (template, fixture, words) => {
    expect(renderedFor(template, fixture).text).toContain(words);
  });

  it('only a new subscription is ready, and not one whose payment was made at last', () => {
    const holds = (fixture: string) =>
      templateNamed('subscription-active').conditions.every((condition) =>
        holdsFor(condition, { event: variablesOf(fixture).event }),
      );
    expect(holds('subscription.active.plain.json')).toBe(true);
    expect(holds('subscription.active.awkward.json')).toBe(false);
  });

  it('nobody whose subscription is paused is told of access, or of a renewal', () => {
    const paused = { status: 'paused', subscriptionStatus: 'paused' };
    const text = (template: string, fixture: string, more = {}) => {
      const { contact, event: properties } = variablesOf(fixture);
      const event = { ...properties, renewsAt: undefined, ...paused, ...more };
      const mail = renderEmail(
        compiledOnce(templateNamed(template)),
        { contact, event },
        undefined,
      );
      return mail.kind === 'rendered' ? mail.text : mail.reason;
    };
    const canceled = text('cancellation-scheduled', 'subscription.canceled.plain.json');
    expect(canceled).toContain('It ends on December 2, 2026');
    expect(canceled).not.toContain('access');
    const resumesAt = '2026-12-24T00:00:00.000000Z';
    const undone = (more = {}) =>
      text('cancellation-withdrawn', 'subscription.uncanceled.plain.json', more);
    expect(undone()).toContain('It’s still paused.');
    expect(undone({ resumesAt })).toContain('It’s paused until December 24, 2026 at 00:00 UTC.');
  });

  it('only a scheduled cancellation meets the conditions of its workflow', () => {
    const holds = (fixture: string) =>
      templateNamed('cancellation-scheduled').conditions.every((condition) =>
        holdsFor(condition, { event: variablesOf(fixture).event }),
      );
    expect(holds('subscription.canceled.plain.json')).toBe(true);
    expect(holds('subscription.canceled.awkward.json')).toBe(false);
    // At the end of the period the flag is still there.
    expect(variablesOf('subscription.revoked.plain.json').event.cancelAtPeriodEnd).toBe(true);
    expect(holds('subscription.revoked.plain.json')).toBe(false);
  });
});
