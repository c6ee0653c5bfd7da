/** An address as the key of a contact: trimmed and lower-cased. The typed form is kept for sending. */
export function normalisedEmail(address: string): string {
  return address.trim().toLowerCase();
}

/** Whether mail could be sent to it at all. RFC 5321 allows 64 octets before the `@` and 254 in all. */
export function isMailable(address: string): boolean {
  return (
    address.length <= 254 &&
    /^[^\s@\p{Cc}<>()[\]\\,;:"]{1,64}@[^\s@\p{Cc}<>()[\]\\,;:"]{1,253}$/u.test(address.trim())
  );
}

/** Whether Polar put it in the place of the address of a customer who was deleted with anonymisation. */
export function isAnonymous(address: string): boolean {
  return /@anonymized\.(polar\.sh|invalid)$/i.test(address.trim());
}
