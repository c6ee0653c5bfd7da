import { type Brand, textOn } from '#shared/audience/settings/brand.ts';
import type { CompiledEmail } from '#shared/audience/workflow.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';

const font =
  "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
/** Of a shop without a colour of its own. */
const plainAccent = '#1d4ed8';
const accent = `{{ brand.accent | default: "${plainAccent}" }}`;
const onAccent = '{{ brand.onAccent | default: "#ffffff" }}';

const styles = {
  body: 'margin:0;padding:0;background-color:#f4f4f5;-webkit-text-size-adjust:100%',
  preheader:
    'display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;font-size:1px;line-height:1px;color:#f4f4f5;mso-hide:all',
  outer: 'width:100%;background-color:#f4f4f5',
  outside: 'padding:24px 12px',
  column: 'width:100%;max-width:600px;margin:0 auto',
  head: `${font};padding:0 28px 16px;color:#18181b;font-size:17px;line-height:28px;font-weight:600;text-align:left;overflow-wrap:anywhere;word-break:break-word`,
  headLink: 'color:#18181b;text-decoration:none',
  logo: 'height:28px;width:auto;max-width:240px;border:0;vertical-align:middle',
  darkLogo: 'display:none;height:28px;width:auto;max-width:240px;border:0;vertical-align:middle',
  card: `padding:32px 28px 16px;background-color:#ffffff;border-radius:12px`,
  text: `${font};color:#18181b;font-size:16px;line-height:1.5;text-align:left;overflow-wrap:anywhere;word-break:break-word`,
  help: 'margin:8px 0 16px;color:#52525b;font-size:14px',
  foot: `${font};padding:16px 28px;color:#52525b;font-size:13px;line-height:1.5;text-align:left;overflow-wrap:anywhere;word-break:break-word`,
  footLine: 'margin:0 0 8px',
  footLink: 'color:#52525b;text-decoration:underline',
} as const;

/** For programs that have a dark mode and keep style sheets; the others keep the light colours, which are whole. */
const darkMode = [
  ':root{color-scheme:light dark;supported-color-schemes:light dark}',
  '@media (prefers-color-scheme:dark){',
  'body,.page{background-color:#18181b!important}',
  '.card{background-color:#27272a!important}',
  '.head,.head a,.body,.body a{color:#f4f4f5!important}',
  '.body h1,.body h2,.body h3,.body h4,.body h5,.body h6{color:#f4f4f5!important}',
  '.body .soft,.body blockquote{color:#a1a1aa!important}',
  '.body .button a{color:inherit!important}',
  '.body pre{background-color:#18181b!important}',
  '.body blockquote{border-color:#52525b!important}',
  '.body hr,.body th,.body td{border-color:#3f3f46!important}',
  '.foot,.foot a{color:#a1a1aa!important}',
  '.light{display:none!important}',
  '.dark{display:inline-block!important}',
  '}',
].join('');

/** Keeps the beginning of the body out of the line that mail programs show beside the subject. */
const filler = '&#847;&zwnj;&nbsp;'.repeat(40);

const presentation = 'role="presentation" cellpadding="0" cellspacing="0" border="0"';

/**
 * A whole HTML document; all three parts are HTML in Liquid, in which the brand and the foot are left open until an
 * email is made. `footer` is there in marketing mail only.
 */
export function htmlDocument(parts: { title: string; preheader: string; body: string }): string {
  return `<!DOCTYPE html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${parts.title}</title>
<style>${darkMode}</style>
</head>
<body class="page" style="${styles.body}">
${preheader(parts.preheader)}<table class="page" width="100%" ${presentation} style="${styles.outer}"><tr><td align="center" style="${styles.outside}">
<!--[if mso]><table width="600" align="center" ${presentation}><tr><td><![endif]-->
<table width="100%" ${presentation} style="${styles.column}">
${head}<tr><td class="card" style="${styles.card}{% if brand.accent %};border-top:4px solid {{ brand.accent }}{% endif %}">
<div class="body" role="article" aria-roledescription="email" aria-label="${parts.title}" lang="en" style="${styles.text}">
${parts.body.trim()}
${help}</div>
</td></tr>
${foot}</table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr></table>
</body>
</html>
`;
}

function preheader(text: string): string {
  return text === '' ? '' : `<div style="${styles.preheader}">${text}${filler}</div>\n`;
}

/** Where there is a dark logo the two are shown in turn; programs that know no dark mode never see it. */
const logo = `{% if brand.logo %}<img class="{% if brand.logoDark %}light{% else %}logo{% endif %}" src="{{ brand.logo | whole_url }}" alt="{{ brand.logoAlt | default: "" }}" height="28" style="${styles.logo}">{% if brand.logoDark %}<!--[if !mso]><!--><img class="dark" src="{{ brand.logoDark | whole_url }}" alt="{{ brand.logoAlt | default: "" }}" height="28" style="${styles.darkLogo}"><!--<![endif]-->{% endif %}{% if brand.name %}&nbsp; {% endif %}{% endif %}`;
const name = '{% if brand.name %}<span dir="auto">{{ brand.name }}</span>{% endif %}';

const head = `{% if brand.name or brand.logo %}<tr><td class="head" style="${styles.head}">{% if brand.website %}<a href="{{ brand.website | whole_url }}" style="${styles.headLink}">${logo}${name}</a>{% else %}${logo}${name}{% endif %}</td></tr>
{% endif %}`;

const help = `{% if brand.supportAddress %}{% unless footer %}<p class="soft" style="${styles.help}">Questions? Just reply to this email.</p>
{% endunless %}{% endif %}`;

const link = (target: string, words: string) =>
  `<a href="${target}" style="${styles.footLink}">${words}</a>`;
const unsubscribe = `{% if footer %} ${link('{{ footer.unsubscribeUrl | whole_url }}', 'Unsubscribe')}{% endif %}`;
const links = `{% if brand.supportAddress %}{% if footer %}&nbsp;·{% endif %} ${link('mailto:{{ brand.supportAddress | url_part }}', 'Help')}{% endif %}{% if brand.website %}{% if footer or brand.supportAddress %}&nbsp;·{% endif %} ${link('{{ brand.website | whole_url }}', 'Website')}{% endif %}`;

/** A version that knows no brand still ends marketing mail as the law wants it: the address and the link are there. */
const foot = `{% if brand %}<tr><td class="foot" style="${styles.foot}">
{% if brand.lines.size > 0 %}<p style="${styles.footLine}">{% for line in brand.lines %}<span dir="auto">{{ line }}</span>{% unless forloop.last %}&nbsp;· {% endunless %}{% endfor %}</p>
{% endif %}{% if brand.footer %}<p style="${styles.footLine}">{{ brand.footer }}</p>
{% endif %}<p style="${styles.footLine}">{{ brand.why }}${unsubscribe}${links}</p>
</td></tr>
{% elsif footer %}<tr><td class="foot" style="${styles.foot}">
<p style="${styles.footLine}">{% for line in footer.lines %}{{ line }}<br>
{% endfor %}</p>
<p style="${styles.footLine}">You get this email because you are subscribed to our news. ${link('{{ footer.unsubscribeUrl | whole_url }}', 'Unsubscribe')}</p>
</td></tr>
{% endif %}`;

/** What the text part ends with. */
export const textFooter = `{% if brand %}
-- 
{% for line in brand.lines %}{{ line }}
{% endfor %}{% if brand.footer %}{{ brand.footer }}
{% endif %}
{{ brand.why }}{% if footer %} Unsubscribe:
{{ footer.unsubscribeUrl | whole_url }}{% endif %}{% if brand.supportAddress %}
Help: {{ brand.supportAddress }}{% endif %}{% if brand.website %}
Website: {{ brand.website }}{% endif %}
{% elsif footer %}
-- 
{% for line in footer.lines %}{{ line }}
{% endfor %}
You get this email because you are subscribed to our news. Unsubscribe:
{{ footer.unsubscribeUrl | whole_url }}
{% endif %}`;

/**
 * A link as a button. Outlook takes no padding of links, so it is the cell that has the colour, and there the padding,
 * too (`mso-padding-alt`).
 */
export function button(target: string, label: string): string {
  const cell = `border-radius:8px;background-color:${accent};color:${onAccent};mso-padding-alt:12px 20px`;
  const text = `display:inline-block;padding:12px 20px;border-radius:8px;color:${onAccent};font-weight:600;line-height:1.4;text-decoration:none;mso-padding-alt:0`;
  return `<table ${presentation} style="margin:24px 0;border-collapse:separate"><tr><td class="button" bgcolor="${accent}" style="${cell}"><a href="${target}" style="${text}">${label}</a></td></tr></table>\n`;
}

/** What a mail says of its sender, besides its own words. */
export type Letterhead = Readonly<{
  brand: Brand;
  postalAddress?: string | null | undefined;
  /** What the mail is about; absent: nothing in particular. */
  event?: SupportedEventType | undefined;
}>;

/** The letterhead as the layout finds it; `isMarketing`: the mail says how to unsubscribe. */
export function letterheadScope(
  { brand, postalAddress, event }: Letterhead,
  isMarketing: boolean,
): Readonly<Record<string, unknown>> {
  const { name } = brand;
  const address = (postalAddress ?? '').split('\n').filter((line) => line.trim() !== '');
  const isNamed = name === undefined || address.some((line) => line.includes(name));
  return {
    ...brand,
    ...(brand.accent && { onAccent: textOn(brand.accent) }),
    lines: isNamed ? address : [name, ...address],
    why: `You get this email because ${isMarketing ? subscribed(name) : bound(name, event)}.`,
  };
}

function subscribed(name: string | undefined): string {
  return name === undefined
    ? 'you are subscribed to our news'
    : `you are subscribed to news from ${name}`;
}

function bound(name: string | undefined, event: SupportedEventType | undefined): string {
  // Whoever has a free plan, or is on trial, has bought nothing.
  const isPast = event === 'customer.deleted';
  return `you ${isPast ? 'were' : 'are'} a customer of ${name ?? 'ours'}`;
}

/**
 * A compiled email in the present layout: 0.1.0 kept its own, which knows no brand, around each body. So nobody has to
 * save a workflow again.
 */
export function inPresentLayout(compiled: CompiledEmail): CompiledEmail {
  const { subject, html, text } = compiled;
  const card = html.indexOf('<div class="card" ');
  const begin = html.indexOf('">\n', html.indexOf(' lang="en" style="', card));
  const end = html.lastIndexOf('\n</div>\n{% if footer %}');
  const textEnd = text.lastIndexOf('{% if footer %}\n-- \n');
  if (card < 0 || begin < card || end < begin || textEnd < 0) return compiled;
  return {
    subject,
    html: htmlDocument({
      title: between(html, '<title>', '</title>'),
      preheader: between(html, 'mso-hide:all">', '&#847;'),
      body: html.slice(begin + 3, end),
    }),
    text: `${text.slice(0, textEnd).trimEnd()}\n${textFooter}`,
  };
}

function between(text: string, before: string, after: string): string {
  const from = text.indexOf(before);
  const to = text.indexOf(after, from);
  return from < 0 || to < 0 ? '' : text.slice(from + before.length, to);
}
