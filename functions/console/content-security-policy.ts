/** Nothing but our own files may be loaded, nothing may frame a page, and forms go only back to us. */
export const contentSecurityPolicy = {
  defaultSrc: ["'none'"],
  styleSrc: ["'self'"],
  scriptSrc: ["'self'"],
  imgSrc: ["'self'"],
  frameSrc: ["'self'"],
  formAction: ["'self'"],
  baseUri: ["'none'"],
  frameAncestors: ["'none'"],
};

/** More that one page may show, as sources of a Content-Security-Policy. */
export type MoreSources = Readonly<{ styles: readonly string[]; images: readonly string[] }>;

/** The same policy as a header, for a page that may show a little more. */
export function policyWith({ styles, images }: MoreSources): string {
  const { styleSrc, imgSrc } = contentSecurityPolicy;
  const policy = {
    ...contentSecurityPolicy,
    styleSrc: [...styleSrc, ...styles],
    imgSrc: [...imgSrc, ...images],
  };
  return Object.entries(policy)
    .map(([name, sources]) => `${directive(name)} ${sources.join(' ')}`)
    .join('; ');
}

function directive(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
