import { describe, expect, it } from 'vitest';
import { type Claim, ownerOf, withClaim } from '#shared/audience/person/address.ts';

const claim = (state: Claim['state'], version: string): Claim => ({ state, version });

describe('the claims of an address', () => {
  it('forget the oldest that say nothing of the present, and never a living one or a "no"', () => {
    let claims: Record<string, Claim> = {
      alive: claim('living', 'v0000'),
      refused: { ...claim('deleted', 'v0001'), refused: true },
    };
    for (let n = 2; n < 400; n++) {
      claims = withClaim(claims, `c${n}`, claim('deleted', `v${String(n).padStart(4, '0')}`));
    }
    expect(Object.keys(claims)).toHaveLength(200);
    expect(Object.keys(claims)).toEqual(expect.arrayContaining(['alive', 'refused', 'c399']));
    expect(claims).not.toHaveProperty('c2');
  });
});

describe('the owner of an address', () => {
  it.each([
    ['nobody has it', {}, undefined],
    ['the only customer', { a: claim('living', 'v1') }, 'a'],
    ['the newer claim', { a: claim('living', 'v1'), b: claim('living', 'v2') }, 'b'],
    [
      'a living customer before a newer deleted one',
      { a: claim('living', 'v1'), b: claim('deleted', 'v2') },
      'a',
    ],
    [
      'the newest deleted one where none lives',
      { a: claim('deleted', 'v1'), b: claim('deleted', 'v2') },
      'b',
    ],
    [
      'nobody whose newest email is another one',
      { a: claim('former', 'v9'), b: claim('deleted', 'v1') },
      'b',
    ],
    ['nobody at all when all have left', { a: claim('former', 'v9') }, undefined],
    [
      'the greater id on equal versions',
      { b: claim('living', 'v1'), a: claim('living', 'v1') },
      'b',
    ],
  ])('is %s', (_, claims, expected) => {
    expect(ownerOf({ claims })).toBe(expected);
  });
});
