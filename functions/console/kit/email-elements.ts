import type { Brand } from '#shared/audience/settings/brand.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import { compileEmail } from '#shared/mail/compile/compile-email.ts';
import { previewEmail } from '#shared/mail/test-email.ts';

/** Every kind of element that an email can have. */
const body = `# One
## Two
### Three
#### Four
##### Five
###### Small

Text, [a link](https://example.com), \`code\`

- item

1. item

> quote

---

\`\`\`
code
\`\`\`

[Button](https://example.com){button}

| | |
|---|---|
| Plain | 1 |
| Plain | 2 |
| **Total** | 3 |

| | |
|---|---|
| **Total** | 1 |

| Left | Center | Right | None |
|:---|:---:|---:|---|
| 1 | 2 | 3 | 4 |`;

type Look = Readonly<{ settings: Settings; brand: Brand; unsubscribeUrl: string }>;

/**
 * Emails of this brand that have every style an email of it can have: what a page must allow so that its preview can
 * follow what somebody types.
 */
export function everyElement(look: Look): string {
  const event = 'order.paid';
  const htmls = (['transactional', 'marketing'] as const).map((kind) => {
    const node = { kind, subject: 'Subject', preheader: 'Preheader', body };
    const compilation = compileEmail(node, event);
    if (compilation.kind === 'refused') return '';
    const variables = { contact: {}, event: {} };
    const { compiled } = compilation;
    const made = previewEmail({ kind, event, compiled, variables, ...look });
    return made.kind === 'rendered' ? made.html : '';
  });
  return htmls.join('\n');
}
