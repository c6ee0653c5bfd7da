import { Advice } from '#infra/terminal/advice.ts';
import { parsed, text } from '#infra/terminal/command-line.ts';
import { instant } from '#shared/polar/instant.ts';

/** The option by which a person agrees to deletions beforehand. */
export function acceptDeletionsOption() {
  return parsed(
    '--accept-deletions <number>',
    'accept exactly this many deleted customers; otherwise a run stops above ten and 2 percent',
    (given) => {
      if (/^[1-9]\d*$/.test(given)) return Number(given);
      throw new Advice(`--accept-deletions must be a number such as 12, not "${given}".`);
    },
  );
}

/** The option by which a person says that customers of several organizations are here. */
export function organizationOption() {
  return text(
    '--organization <id>',
    'the organization to compare with, if customers of another one are here too; those are left alone',
  );
}

/** The option `--since` of a comparison with Polar. */
export function sinceOption(does: string) {
  return parsed(
    '--since <day>',
    `${does}: 2026-11-01, or a time such as 2026-11-01T08:30Z`,
    sinceTime,
  );
}

/** A day or a time in UTC, as `instant` writes it. */
function sinceTime(text: string): string {
  const whole = text
    .replace(/^\d{4}-\d\d-\d\d$/, '$&T00:00:00Z')
    .replace(/T(\d\d:\d\d)(?=Z|$|[+-])/, 'T$1:00');
  const time = instant(whole);
  if (time !== undefined) return time;
  throw new Advice(
    `--since must be a day such as 2026-11-01, or a time such as 2026-11-01T08:30Z, not "${text}".`,
  );
}

/** Throws Advice where a person named another organization than the access is for. */
export function mustBeThis(organizationId: string, named: string | undefined): void {
  if (named === undefined || named === organizationId) return;
  throw new Advice(
    `This access is for organization ${organizationId}, not ${named}. Nothing was compared.`,
  );
}
