import { expect } from 'vitest';
import type { Mail, Webhook } from './true-mails.ts';

type Facts = Record<string, unknown>;
const factsIn = (value: unknown): Facts => Object(value);

/** Polar's list, written out once more. */
const whole = 'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' ');

/** Reads a mail against the payload that it is about, which it knows by Polar's names and not by ours. */
export function expectTrue(mail: Mail, { type, data }: Webhook): void {
  const isOrder = type.startsWith('order.');
  const subscription = isOrder ? factsIn(data['subscription']) : data;
  const written = `${mail.subject}\n${mail.preheader}\n${mail.text}`;
  expectWellWritten(written.replace(/^Hi [^\n]*,$/m, ''));
  if (!goesOn(subscription)) expect(written).not.toMatch(/\brenews\b|every (?:month|year|\d)/);
  if (subscription['status'] === 'canceled') {
    expect(written).not.toMatch(/has been renewed|Paid until|keep access|can start/);
  }
  if (!isExclusive(data)) expect(written).not.toContain('before tax');
  if (type === 'order.refunded') expectRefund(written, data);
  else if (isOrder) expectMoney(written, data);
  else expectPrice(written, data);
  expectZone(mail.text);
}

function expectWellWritten(text: string): void {
  expect(text).not.toMatch(/undefined|null|NaN|\[object|\{\{|\{%|Invalid Date/);
  expect(text).not.toMatch(/ [,.;:!]|,,|\.\.|\(\)| {2}\S|,\s*\n|\*\*/);
  expect(text).not.toMatch(/^[,.;:]/m);
}

function goesOn(subscription: Facts): boolean {
  const ends = ['ends_at', 'ended_at', 'cancel_at_period_end', 'pause_at_period_end'];
  const runs = ['active', 'trialing'].includes(String(subscription['status']));
  return runs && ends.every((name) => !subscription[name]);
}

function pricesIn(data: Facts): Facts[] {
  const prices = data['prices'];
  return Array.isArray(prices) ? prices.map(factsIn) : [];
}

function isExclusive(data: Facts): boolean {
  const prices = pricesIn(data);
  return prices.length > 0 && prices.every(({ tax_behavior }) => tax_behavior === 'exclusive');
}

const amounts = /(-?(?:[A-Z]{2,3}\s?)?[$€¥£]|[A-Z]{3} )(\d[\d,]*(?:\.\d+)?)/g;

/** All amounts that a mail names, in minor units. */
function amountsIn(text: string, currency: unknown): number[] {
  const factor = whole.includes(String(currency)) ? 1 : 100;
  return [...text.matchAll(amounts)].map(([, , digits = '']) =>
    Math.round(Number(digits.replaceAll(',', '')) * factor),
  );
}

/** Each amount of a receipt is one of the order, and what was paid is what Polar charged. */
function expectMoney(text: string, data: Facts): void {
  const names = ['subtotal', 'discount', 'tax', 'total', 'applied_balance', 'due'];
  const known = names.map((name) => Math.abs(Number(data[`${name}_amount`] ?? Number.NaN)));
  for (const amount of amountsIn(text, data['currency'])) expect(known).toContain(amount);
  const due = Number(data['due_amount']);
  const charged = /^Charged: (.*)$/m.exec(text)?.[1];
  const payment = /Your payment of (.*?) went through/.exec(text)?.[1];
  for (const paid of [charged, payment]) {
    if (paid !== undefined) expect(amountsIn(paid, data['currency'])).toEqual([due]);
  }
  if (due === 0) expect(text).not.toContain('payment went through');
  if (data['billing_reason'] !== 'subscription_cycle') expect(text).not.toContain('been renewed');
}

/** What is said to be given back is, tax included; and all of it only where all of it is. */
function expectRefund(text: string, data: Facts): void {
  const { total_amount: total, currency } = data;
  const back = Number(data['refunded_amount']) + Number(data['refunded_tax_amount']);
  for (const amount of amountsIn(text, currency)) expect([total, back]).toContain(amount);
  const said = /^Refund: (.*)$/m.exec(text)?.[1] ?? '';
  expect(amountsIn(said, currency)).toEqual([back]);
  expect(/in full/.test(text)).toBe(back === total);
  expect(text).not.toMatch(/subscription/i);
}

/** The only price that is said to recur is one that does. */
function expectPrice(text: string, data: Facts): void {
  const { amount, currency, discount, pending_update } = data;
  const lasts = !discount || factsIn(discount)['duration'] === 'forever';
  const listed = pricesIn(data).reduce((sum, price) => sum + Number(price['price_amount'] ?? 0), 0);
  for (const named of amountsIn(text, currency)) {
    expect(named).not.toBe(0);
    expect(pending_update ?? null).toBe(null);
    expect(lasts ? amount : listed).toBe(named);
  }
  const isMetered = pricesIn(data).some(({ amount_type }) => amount_type === 'metered_unit');
  if (isMetered) expect(text).not.toMatch(/not be charged|free of charge|every month\./);
}

/** A day in a mail says of which zone it is. */
function expectZone(text: string): void {
  for (const [day] of text.matchAll(/[A-Z][a-z]+ \d{1,2}, \d{4}.{0,14}/g)) {
    expect(day).toMatch(/\d{4} (?:\(UTC\)|at \d\d:\d\d UTC)/);
  }
}
