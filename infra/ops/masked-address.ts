/** An address as it may be shown to who only has to tell one person from another. */
export function maskedAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const [first = ''] = address;
  return at < 1 ? '***' : `${first}***${address.slice(at)}`;
}

/** Shows addresses masked, or whole to a person who asks for it. */
export function addressShown(isRevealed: boolean): (address: string) => string {
  return isRevealed ? (address) => address : maskedAddress;
}
