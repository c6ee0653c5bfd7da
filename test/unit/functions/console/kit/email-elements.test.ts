import { expect, it } from 'vitest';
import { everyElement } from '#functions/console/kit/email-elements.ts';
import { emailSources } from '#functions/console/kit/email-frame.ts';
import { type Brand, settingsOfMails } from '#shared/audience/settings/brand.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { compileEmail } from '#shared/mail/compile/compile-email.ts';
import { readyMade } from '#shared/mail/ready-made/ready-made.ts';
import { previewEmail, sampleVariables } from '#shared/mail/test-email.ts';

const plain: Brand = {};
const whole: Brand = {
  name: 'Example Shop',
  logo: 'https://example.com/logo.png',
  logoDark: 'https://example.com/dark.png',
  accent: '#b91c1c',
  website: 'https://example.com',
  supportAddress: 'help@example.com',
  footer: 'Example Ltd.',
  postalAddress: 'Main Street 1',
};

it.each([
  ['plain', plain],
  ['whole', whole],
])('a preview with a %s brand needs nothing that its page does not allow', (_, brand) => {
  const look = {
    settings: settingsOfMails(defaultSettings, brand),
    brand,
    unsubscribeUrl: 'https://example.com/unsubscribe',
  };
  const allowed = emailSources(everyElement(look));
  for (const { event, email, conditions } of readyMade) {
    const compilation = compileEmail(email, event);
    if (compilation.kind === 'refused') throw new Error(event);
    const trigger = { event, conditions: [...conditions] };
    const variables = sampleVariables({ trigger }, 'a@example.com', new Date(), undefined, brand);
    const { compiled } = compilation;
    const made = previewEmail({ kind: email.kind, event, compiled, variables, ...look });
    const needed = made.kind === 'rendered' ? emailSources(made.html) : undefined;
    expect(allowed.styles).toEqual(expect.arrayContaining([...(needed?.styles ?? ['none'])]));
    expect(allowed.images).toEqual(needed?.images);
  }
});
