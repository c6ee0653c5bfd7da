import { darkMode, layoutStyles as styles } from './email-styles.ts';

/** Keeps the beginning of the body out of the line that mail programs show beside the subject. */
const filler = '&#847;&zwnj;&nbsp;'.repeat(40);

/** A whole HTML document; all three parts are HTML in Liquid. `footer` is there in marketing mail only. */
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
${preheader(parts.preheader)}<table class="page" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="${styles.outer}"><tr><td align="center" style="${styles.column}">
<!--[if mso]><table role="presentation" width="600" align="center" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->
<div class="card" role="article" aria-roledescription="email" aria-label="${parts.title}" lang="en" style="${styles.card}">
${parts.body.trim()}
</div>
${footer}<!--[if mso]></td></tr></table><![endif]-->
</td></tr></table>
</body>
</html>
`;
}

function preheader(text: string): string {
  return text === '' ? '' : `<div style="${styles.preheader}">${text}${filler}</div>\n`;
}

const footer = `{% if footer %}<div class="foot" role="contentinfo" style="${styles.footer}">
<p style="${styles.footerLine}">{% for line in footer.lines %}{{ line }}<br>
{% endfor %}</p>
<p style="${styles.footerLine}">You get this email because you are subscribed to our news. <a href="{{ footer.unsubscribeUrl | whole_url }}" style="${styles.footerLink}">Unsubscribe</a></p>
</div>
{% endif %}`;
