import { describe, expect, it } from 'vitest';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { isFoundBy, searchWords, typedWords } from '#shared/audience/person/search-words.ts';

function person(address: string, firstName?: string, lastName?: string) {
  return {
    address,
    email: normalisedEmail(address),
    ...(firstName && { firstName }),
    ...(lastName && { lastName }),
  };
}

describe('the words that find a contact', () => {
  it.each<[string, ReturnType<typeof person>, string[]]>([
    ['of its name', person('x@gmail.com', 'Ada', 'Lovelace'), ['ada', 'lovelace', 'x']],
    ['of its address', person('Grace.Hopper+news@gmail.com'), ['grace', 'hopper', 'news']],
    ['of its domain', person('me@navy.example'), ['me', 'navy']],
    ['of a domain below another', person('a@mail.shop.co.uk'), ['a', 'shop', 'co']],
    ['each once', person('ada@ada.example', 'Ada'), ['ada']],
    [
      'without accents',
      person('z@qq.com', 'Zoë', 'Müller-Lüdenscheidt'),
      [...['zoe', 'muller', 'ludenscheidt', 'z']],
    ],
    ['in every script', person('y@gmail.com', '太郎', '山田'), ['太郎', '山田', 'y']],
    ['in Korean by the syllable', person('k@gmail.com', '민준', '김'), ['민준', '김', 'k']],
    [
      'eight at most, names first',
      person('a.b.c.d.e.f.g.h@shop.example', 'Zed'),
      [...['zed', 'a', 'b', 'c', 'd', 'e', 'f', 'g']],
    ],
    ['cut where they are too long', person('q@gmail.com', 'x'.repeat(90)), ['x'.repeat(40), 'q']],
  ])('are those %s', (_, contact, words) => {
    expect(searchWords(contact)).toEqual(words);
  });

  it.each<[string, string | undefined, boolean]>([
    ['love', 'love', true],
    ['LOVELACE ada', 'lovelace', true],
    ['l a', 'l', true],
    ['Ädä', 'ada', true],
    ['lovelaces', 'lovelaces', false],
    ['velace', 'velace', false],
    ['ada grace', 'grace', false],
    ['countess@', 'countess', true],
    ['c@analytical.exam', 'analytical', true],
    ['c@gmail.com', 'c', false],
    ['@analytical', 'analytical', true],
    ['gmail', undefined, false],
    ['  …', undefined, false],
  ])('begin with what was typed: "%s" looks up %s', (text, lookedUp, isFound) => {
    const ada = person('countess@analytical.example', 'Ada', 'Lovelace');
    const typed = typedWords(text);
    expect(typed?.lookedUp).toBe(lookedUp);
    expect(typed !== undefined && isFoundBy(ada, typed)).toBe(isFound);
  });

  it('are looked up by words that the index has', () => {
    const known = person('a.turing@gmail.com', 'Alan', 'Turing');
    const typed = typedWords('a.turing@gmail.com');
    expect(typed && searchWords(known)).toContain(typed?.lookedUp);
    expect(typed && isFoundBy(known, typed)).toBe(true);
  });
});
