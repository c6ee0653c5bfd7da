import * as z from 'zod';

/** Who the mail is from, as `-c mailFrom=…` says it. */
export type MailSender = Readonly<{
  /** What stands in the From header: an address, or a name with an address. */
  from: string;
  address: string;
  domain: string;
  /** What was given: a whole domain, or one address of it. */
  given: 'domain' | 'address';
}>;

const name = z
  .string()
  .trim()
  .max(100)
  .regex(/^[^<>"\\\p{Cc}]+$/u);
const address = z.email().max(254);
const domain = z
  .string()
  .max(240)
  .regex(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$/i);

/** Reads `Name <address>`, an address, or a domain (then mail is from `no-reply@` it). `undefined`: it is none of these. */
export function mailSender(text: string): MailSender | undefined {
  const [, before, inside] = /^([^<]*)<([^>]*)>$/.exec(text.trim()) ?? [];
  if (before === undefined || inside === undefined) return nameless(text.trim());
  const sender = nameless(inside.trim());
  const named = name.safeParse(before.trim().replace(/^"(.*)"$/, '$1'));
  if (sender?.given !== 'address' || !named.success) return undefined;
  return { ...sender, from: `${displayName(named.data)} <${sender.address}>` };
}

function nameless(text: string): MailSender | undefined {
  if (address.safeParse(text).success) {
    const domainOfAddress = text.slice(text.lastIndexOf('@') + 1).toLowerCase();
    return { from: text, address: text, domain: domainOfAddress, given: 'address' };
  }
  if (!domain.safeParse(text).success) return undefined;
  const from = `no-reply@${text.toLowerCase()}`;
  return { from, address: from, domain: text.toLowerCase(), given: 'domain' };
}

/** A name with a comma or a dot in it would be read as something else without the quotes. */
function displayName(text: string): string {
  return /[()[\]:;@,.]/.test(text) ? `"${text}"` : text;
}
