import { describe, expect, it } from 'vitest';
import {
  afar,
  laterAct,
  liftedSuppression,
  refusalsOf,
  type Suppression,
} from '#shared/audience/consent/suppression.ts';

const act = (day: number, by = 'the recipient') => ({ at: `2026-11-0${day}T09:00:00.000Z`, by });

describe('of two acts', () => {
  it.each([
    ['the later one counts', act(1), act(2), act(2)],
    ['at one time always the same one counts', act(1, 'SES'), act(1, 'the recipient'), act(1)],
  ])('%s, whichever is told first', (_, one, other, later) => {
    expect(laterAct(one, other)).toEqual(later);
    expect(laterAct(other, one)).toEqual(later);
  });

  it('the one that is known alone counts', () => {
    expect(laterAct(undefined, act(1))).toEqual(act(1));
  });
});

it('of two refusals for one reason the newer stays, and those for other reasons stay beside it', () => {
  const known = { unsubscribed: act(1), complained: act(3) };
  const more = { unsubscribed: act(2), complained: act(2), bounced: act(1) };
  const both = { unsubscribed: act(2), complained: act(3), bounced: act(1) };
  expect(refusalsOf<Suppression['reasons']>(known, more)).toEqual(both);
  expect(refusalsOf<Suppression['reasons']>(more, known)).toEqual(both);
});

it.each([
  ['stays that of the person where an operator says it again', 'the recipient', 'the recipient'],
  ['that was said from afar becomes the operator’s', `the recipient${afar}`, 'ann'],
])('a "no" %s, at the newer time, whichever is told first', (_, by, owner) => {
  const [said, again] = [{ unsubscribed: act(1, by) }, { unsubscribed: act(2, 'ann') }];
  const both = { unsubscribed: act(2, owner) };
  expect(refusalsOf<Suppression['reasons']>(said, again)).toEqual(both);
  expect(refusalsOf<Suppression['reasons']>(again, said)).toEqual(both);
});

describe('a "no" that is undone', () => {
  const reasons = { unsubscribed: act(1), complained: act(1), bounced: act(1) };
  const { unsubscribed, complained, bounced } = reasons;
  it.each([
    ['by its person leaves that of the mailbox', 'person', reasons, { bounced }],
    ['by its person leaves nothing else', 'person', { unsubscribed }, {}],
    ['of the mailbox leaves that of the person', 'mailbox', reasons, { unsubscribed, complained }],
    ['of the mailbox leaves nothing else', 'mailbox', { bounced }, {}],
  ] as const)('%s', (_, whose, before, left) => {
    const { suppression, cleared } = liftedSuppression({ reasons: before }, whose, act(2));
    expect(suppression).toEqual({ reasons: left, lifted: { [whose]: act(2) } });
    const kept = Object.keys(left);
    const gone = Object.keys(before).filter((reason) => !kept.includes(reason));
    expect(cleared.map(({ reason }) => reason)).toEqual(gone);
  });

  it('stays where it was said after that', () => {
    const { suppression } = liftedSuppression({ reasons: { bounced: act(3) } }, 'mailbox', act(2));
    expect(suppression.reasons).toEqual({ bounced: act(3) });
  });
});
