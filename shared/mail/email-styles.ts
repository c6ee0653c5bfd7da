const font =
  "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const mono = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace";
const heading = 'line-height:1.3;font-weight:600;color:#18181b';
const section = `margin:20px 0 12px;${heading}`;

/** What mail programs that know no style sheets see; the colours are for light mode. */
export const elementStyles: Readonly<Record<string, string>> = {
  p: 'margin:0 0 16px',
  h1: `margin:0 0 16px;${heading};font-size:24px`,
  h2: `${section};font-size:20px`,
  h3: `${section};font-size:17px`,
  h4: `${section};font-size:16px`,
  h5: `${section};font-size:16px`,
  h6: `${section};font-size:16px`,
  ul: 'margin:0 0 16px;padding:0 0 0 24px',
  ol: 'margin:0 0 16px;padding:0 0 0 24px',
  li: 'margin:0 0 4px',
  a: 'color:#1d4ed8;text-decoration:underline',
  img: 'max-width:100%;height:auto;border:0',
  hr: 'margin:24px 0;border:0;border-top:1px solid #e4e4e7',
  blockquote: 'margin:0 0 16px;padding:0 0 0 16px;border-left:3px solid #d4d4d8;color:#52525b',
  code: `${mono};font-size:14px`,
  pre: `${mono};margin:0 0 16px;padding:12px;background-color:#f4f4f5;font-size:14px;line-height:1.4;white-space:pre-wrap;overflow-wrap:anywhere;border-radius:6px`,
  table: 'margin:0 0 16px;width:100%;border-collapse:collapse',
  th: 'padding:8px 12px 8px 0;border-bottom:1px solid #e4e4e7;text-align:left;vertical-align:top;font-weight:600;overflow-wrap:normal;word-break:normal',
  td: 'padding:8px 12px 8px 0;border-bottom:1px solid #e4e4e7;text-align:left;vertical-align:top;overflow-wrap:anywhere',
};

/** Numbers: they are never cut within. */
export const rightAligned = 'overflow-wrap:normal;word-break:normal';

export const layoutStyles = {
  body: 'margin:0;padding:0;background-color:#f4f4f5;-webkit-text-size-adjust:100%',
  preheader:
    'display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;font-size:1px;line-height:1px;color:#f4f4f5;mso-hide:all',
  outer: 'width:100%;background-color:#f4f4f5',
  column: 'padding:24px 12px',
  card: `${font};max-width:600px;box-sizing:border-box;margin:0 auto;padding:32px 28px 16px;background-color:#ffffff;color:#18181b;font-size:16px;line-height:1.5;text-align:left;overflow-wrap:anywhere;word-break:break-word;border-radius:8px`,
  footer: `${font};max-width:600px;box-sizing:border-box;margin:0 auto;padding:16px 28px;color:#52525b;font-size:13px;line-height:1.5;text-align:left;overflow-wrap:anywhere`,
  footerLine: 'margin:0 0 8px',
  footerLink: 'color:#52525b;text-decoration:underline',
} as const;

/** For programs that have a dark mode and keep style sheets; the others keep the light colours, which are whole. */
export const darkMode = [
  ':root{color-scheme:light dark;supported-color-schemes:light dark}',
  '@media (prefers-color-scheme:dark){',
  'body,.page{background-color:#18181b!important}',
  '.card{background-color:#27272a!important;color:#f4f4f5!important}',
  '.card h1,.card h2,.card h3,.card h4,.card h5,.card h6{color:#f4f4f5!important}',
  '.card a{color:#93c5fd!important}',
  '.card pre{background-color:#18181b!important}',
  '.card blockquote{border-color:#52525b!important;color:#d4d4d8!important}',
  '.card hr,.card th,.card td{border-color:#3f3f46!important}',
  '.foot,.foot a{color:#a1a1aa!important}',
  '}',
].join('');
