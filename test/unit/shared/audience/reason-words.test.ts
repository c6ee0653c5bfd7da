import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { endingWords, reasonWords, wordsOfReasons } from '#shared/audience/reason-words.ts';

/** Everything that may keep a reason with an email, a run or a record, but for the words themselves. */
function keepingSources(): string {
  return ['shared', 'functions/mailer']
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !name.endsWith('reason-words.ts'))
        .map((name) => readFileSync(`${folder}/${name}`, 'utf8')),
    )
    .join('\n');
}

describe('the words for a reason', () => {
  const sources = keepingSources();

  it.each([...wordsOfReasons])('stand for one that is kept: %s', (kept, told) => {
    expect(sources).toContain(`'${kept}'`);
    expect(reasonWords(kept)).toBe(told);
    expect(told).toMatch(/^[A-Z][^'’]*\.$/);
  });

  it.each([
    [
      'It ends because subscription.status is not past_due.',
      'The workflow ends early when subscription.status is not past_due.',
    ],
    ['The condition does not hold: amount is 0.', 'The condition is not met: amount is 0.'],
    ['marked as sent by Ada', 'Marked as sent by Ada'],
    ['to be sent again, says Ada', 'Queued to be sent again by Ada'],
  ])('of what goes on with a name or a condition keep that: %s', (kept, told) => {
    expect(reasonWords(kept)).toBe(told);
  });

  it('are those of SES where they are', () => {
    const said = 'MessageRejected: MessageRejected for [address]';
    expect(reasonWords(said)).toBe(said);
  });

  it('are only the condition where it is said that a run ends early', () => {
    expect(endingWords('It ends because contact.subscribed is false.')).toBe(
      'contact.subscribed is false.',
    );
    expect(endingWords('The customer is erased.')).toBe('The customer was erased.');
  });
});
