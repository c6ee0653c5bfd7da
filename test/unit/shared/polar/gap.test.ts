import { expect, it } from 'vitest';
import { connectionSchema } from '#shared/polar/connection/connection.ts';
import { gapBefore, gapText, gapToClose, isCovered } from '#shared/polar/connection/gap.ts';

const connectedAt = '2026-11-01T12:00:00.000Z';
const delivered = '2026-11-20T10:00:00.123456Z';
const looked = (at: string, findings: string[] = []) => ({ at, findings });

it.each([
  ['the last delivery', looked('2026-11-20T11:00:00.000Z'), delivered, 'delivery'],
  [
    'the last look that found nothing, if a delivery came later',
    looked('2026-11-20T09:00:00.000Z'),
    delivered,
    'look',
  ],
  [
    'the last look, where nothing was ever delivered',
    looked('2026-11-20T09:00:00.000Z'),
    undefined,
    'look',
  ],
  [
    'the last look also where it found other mails of Polar',
    looked('2026-11-20T09:00:00.000Z', ['emails-changed']),
    undefined,
    'look',
  ],
  [
    'connecting, where the last look found it disabled',
    looked('2026-11-20T09:00:00.000Z', ['disabled']),
    undefined,
    'connecting',
  ],
  [
    'connecting, where deliveries failed at the last look',
    looked('2026-11-20T09:00:00.000Z', ['failing']),
    undefined,
    'connecting',
  ],
  ['connecting, where nothing is known', undefined, undefined, 'connecting'],
  ['connecting, where what is known is older', undefined, '2026-10-20T10:00:00Z', 'connecting'],
] as const)('a gap began at %s', (_, lastLook, deliveredAt, known) => {
  const at = { connecting: connectedAt, look: lastLook?.at, delivery: '2026-11-20T10:00:00.123Z' };
  const row = {
    connectedAt,
    ...(lastLook && { lastLook: { ...lastLook, findings: [...lastLook.findings] } }),
  };
  expect(gapBefore(row, deliveredAt)).toEqual({ since: at[known], known });
});

const gap = { since: '2026-11-20T10:00:00.000Z', known: 'look' } as const;

it('a gap is covered by a comparison of everything, and by one from then on', () => {
  expect(isCovered(gap, undefined)).toBe(true);
  expect(isCovered(gap, '2026-11-20T10:00:00.000000Z')).toBe(true);
  expect(isCovered(gap, '2026-11-20T10:00:01Z')).toBe(false);
});

it('a gap is closed once the endpoint sends again, and says since when it is open', () => {
  const fault = { sentence: '', repair: 'repair' } as const;
  expect(gapToClose({ gap }, [{ ...fault, kind: 'disabled' }])).toBeUndefined();
  expect(gapToClose({ gap }, [{ ...fault, kind: 'missing' }])).toBeUndefined();
  expect(gapToClose({ gap }, [{ ...fault, kind: 'secret' }])).toBe(gap);
  expect(gapText(gap)).toBe(
    'Webhooks may be missing since 2026-11-20T10:00:00Z. The endpoint in Polar was last seen enabled then; later, it was disabled or gone.',
  );
});

it('a connection without a gap, or with one that nobody can read, is read as before', () => {
  const row = {
    ...{ version: 1, server: 'sandbox', organizationId: 'o', organizationName: 'N' },
    ...{ organizationSlug: 'n', endpointId: 'e', url: 'u', apiVersion: 'v' },
    ...{ connectedAt, by: 'ann', method: 'token' },
  };
  expect(connectionSchema.parse(row)).toEqual(row);
  expect(connectionSchema.parse({ ...row, gap: 'since yesterday' }).gap).toBeUndefined();
});
