import { beforeAll, describe, expect, it } from 'vitest';
import { largestBody } from '#functions/ingest/ingest.ts';
import { maxMessageBytes } from '#shared/queue/encode-event-message.ts';
import {
  contents,
  forgeries,
  type IngestUnderLoad,
  ingestUnderLoad,
  keyCount,
  sizes,
} from './cost.ts';
import { workOf } from './work.ts';

/** What stands before the body in the signed text, and signatures as bytes. */
const headersBytes = 4_000;

let ingest: IngestUnderLoad;
beforeAll(async () => {
  ingest = await ingestUnderLoad();
});

describe.each(Object.entries(forgeries))('a forged request %s', (_, forgery) => {
  it.each(sizes)(
    'of %i bytes costs a hash for each key at most, and nothing is read',
    async (bytes) => {
      const request = forgery(bytes);
      const before = ingest.readings();
      let answer: unknown;
      const work = await workOf(async () => {
        answer = await ingest.answered(request);
      });

      expect(answer).toMatchObject({
        statusCode: expect.toSatisfy((code) => code < 500),
        queued: 0,
      });
      expect(work.hmacs).toBeLessThanOrEqual(keyCount);
      expect(work.hashedBytes).toBeLessThanOrEqual(work.hmacs * (bytes + headersBytes));
      expect(work.encodedBytes).toBeLessThanOrEqual(work.hmacs * (bytes + headersBytes));
      expect(work).toMatchObject({ parsedCharacters: 0, compressedBytes: 0 });
      expect(ingest.readings()).toBe(before);
    },
  );
});

describe.each(Object.entries(contents))('a signed body of %s', (_, content) => {
  it.each(sizes)(
    'with %i bytes is hashed once, read once and compressed once at most, or refused at once',
    async (bytes) => {
      const body = content(bytes);
      const request = ingest.genuine(body);
      let answer: unknown;
      const work = await workOf(async () => {
        answer = await ingest.answered(request);
      });

      const size = Buffer.byteLength(body);
      expect(size / bytes).toBeCloseTo(1, 0);
      expect(answer).toMatchObject({ statusCode: expect.toSatisfy((code) => code < 500) });
      if (size > largestBody) {
        expect(answer).toMatchObject({ statusCode: 413, queued: 0 });
        const nothing = { hmacs: 0, hashedBytes: 0, parsedCharacters: 0, compressedBytes: 0 };
        return expect(work).toMatchObject(nothing);
      }
      expect(work.hmacs).toBe(1);
      expect(work.hashedBytes).toBeLessThanOrEqual(size + headersBytes);
      expect(work.encodedBytes).toBeLessThanOrEqual(size + headersBytes);
      expect(work.parsedCharacters).toBe(body.length);
      expect([0, size]).toContain(work.compressedBytes);
      if (size > maxMessageBytes) expect(work.compressedBytes).toBe(size);
    },
  );
});
