import { isHeaderAddress } from '#shared/audience/person/address.ts';

const quotedName = /^"(?:[^"\\]|\\.)*"$/;

/** What is wrong with a `Name <address>` or an address for a header, or `undefined`. It ends a sentence. */
export function senderProblem(written: string): string | undefined {
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(written)) return 'must be on one line';
  const { name, address } = mailbox(written);
  if (!isHeaderAddress(address)) {
    return 'must be one address, such as hello@example.com or "Ada of Example" <hello@example.com>';
  }
  if (name.length > 200) return 'has a name that is too long';
  if (!quotedName.test(name) && /[",:;@()<>[\]\\]/.test(name)) {
    return 'has a name with punctuation: put the name in double quotes';
  }
  return undefined;
}

export function mailbox(written: string): { name: string; address: string } {
  const angled = /^(.*)<([^<>]*)>$/.exec(written.trim());
  return { name: angled?.[1]?.trim() ?? '', address: angled?.[2] ?? written.trim() };
}

/**
 * In whose names mail of this deployment may go out: domains, each with its subdomains, and single addresses. What IAM
 * lets it send as (`identities`), else, where that is not known, the domain of its own sender. `undefined`: it has none.
 */
export function sendersOf(
  mailFrom: string | undefined,
  identities: readonly string[] = [],
): readonly string[] | undefined {
  if (mailFrom === undefined) return undefined;
  return identities.length > 0 ? identities : [domainOf(mailbox(mailFrom).address)];
}

/** Why mail from this address would be refused by SES, or `undefined`. It ends a sentence that begins with the field. */
export function foreignSender(written: string, senders: readonly string[]): string | undefined {
  const { address } = mailbox(written);
  if (senders.some((sender) => covers(sender, address))) return undefined;
  const domains = senders.filter((sender) => !sender.includes('@'));
  const addresses = senders.filter((sender) => sender.includes('@'));
  const [domain] = domains;
  if (domain === undefined) {
    return `must be ${addresses.join(' or ')}: SES lets this deployment send as nobody else. Deploy with -c mailIdentity=domain to send from other addresses of the domain, or leave the field empty`;
  }
  return `must be an address of ${domains.join(' or ')} or of a subdomain, such as hello@${domain}: SES lets this deployment send as nobody else. Leave it empty to send from the sender of the deployment`;
}

/** An address that SES knows stands for itself only, a domain for all that is below it. */
function covers(sender: string, address: string): boolean {
  if (sender.includes('@')) return sameCase(sender) === sameCase(address);
  const domain = domainOf(address);
  return domain === sender.toLowerCase() || domain.endsWith(`.${sender.toLowerCase()}`);
}

/** SES tells apart the case of what stands before the @, and not that of the domain. */
function sameCase(address: string): string {
  return `${address.slice(0, address.lastIndexOf('@'))}@${domainOf(address)}`;
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase();
}
