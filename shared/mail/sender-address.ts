import { isMailable } from '../audience/email-address.ts';

const quotedName = /^"(?:[^"\\]|\\.)*"$/;

/** What is wrong with a `Name <address>` or an address for a header, or `undefined`. It ends a sentence. */
export function senderProblem(written: string): string | undefined {
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(written)) return 'must be on one line';
  const { name, address } = mailbox(written);
  if (!isSenderAddress(address)) {
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

/** SES takes the domain in ASCII (`xn--…`) and no other characters in front of it. */
function isSenderAddress(address: string): boolean {
  return (
    isMailable(address) && /^[\w.!#$%&'*+/=?^`{|}~-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i.test(address)
  );
}
