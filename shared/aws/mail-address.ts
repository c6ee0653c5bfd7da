import { domainToASCII } from 'node:url';

/** As much as fits into one encoded word of 75 characters, in bytes of UTF-8 (RFC 2047, section 2). */
const bytesOfOneWord = 45;

/**
 * `Name <address>` with a name that is not ASCII in encoded words, as SES wants it; everything else as it is.
 */
export function encodedMailbox(mailbox: string): string {
  const [, name = '', address = ''] = /^\s*"?(.*?)"?\s*<([^<>]+)>\s*$/.exec(mailbox) ?? [];
  if (name === '' || /^[ -~]*$/.test(name)) return mailbox;
  const words: string[] = [''];
  for (const character of name) {
    const word = `${words.at(-1)}${character}`;
    if (Buffer.byteLength(word) <= bytesOfOneWord) words[words.length - 1] = word;
    else words.push(character);
  }
  const encoded = words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`);
  return `${encoded.join(' ')} <${address}>`;
}

/** The same address with its domain in ASCII, as SES wants it: `a@müller.de` is `a@xn--mller-kva.de`. */
export function withAsciiDomain(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  return `${address.slice(0, at + 1)}${domainToASCII(domain) || domain}`;
}
