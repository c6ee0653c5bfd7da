import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import type { WebhookRequest } from '#functions/ingest/ingest.ts';
import { readMessage } from '#functions/worker/worker.ts';
import { applyEvent } from '#shared/audience/apply-event.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { decodeEventMessage, type EventMessage } from '#shared/queue/events-queue.ts';
import { memoryAudienceStore } from '#test/fakes/memory-audience-store.ts';
import type { Proof } from '#test/prove/proof.ts';
import { surroundingsWith } from '#test/support/audience/arrival.ts';
import { ingestAtWork, secret } from '#test/support/audience/ingest-at-work.ts';
import { laterPayload, publishedPayload } from '#test/support/polar/polar-schema-payload.ts';
import { keyReadings } from '#test/support/polar/signed-request.ts';
import { lambdaRecord } from '#test/support/process/lambda-record.ts';
import { type Hostile, hostileRequest } from './request.ts';

const atOnce = 10_000;
const toleranceSeconds = 300;
/** Ingest counts in whole seconds, and has looked at the clock before `isSigned` does. */
const slackSeconds = 5;

export type AnswersProof = Proof & Readonly<{ counts: Readonly<Record<string, number>> }>;
type Options = Readonly<{
  seed: number;
  requests: number;
  /** How many payloads are drawn for each portion; the rest are changes of these. */
  payloads?: number;
  onProgress?: (done: number) => void;
}>;

/** Sends hostile requests to ingest and what it queued to the worker's reader. Stops at the first failure. */
export async function proveAnswers({
  seed,
  requests,
  payloads = 400,
  onProgress,
}: Options): Promise<AnswersProof> {
  const counts: Record<string, number> = {};
  for (let done = 0; done < requests; done += atOnce) {
    const pool = fc
      .sample(fc.oneof(publishedPayload, laterPayload), { numRuns: payloads, seed: seed + done })
      .map(({ payload }) => JSON.stringify(payload));
    const service = ingestForOnce();
    const details = await fc.check(
      fc.asyncProperty(hostileRequest(pool), async (hostile) => {
        const what = await answeredWell(hostile, service);
        counts[what] = (counts[what] ?? 0) + 1;
      }),
      { seed: seed + done, numRuns: Math.min(atOnce, requests - done) },
    );
    if (details.failed) {
      const reason = fc.defaultReportMessage(details) ?? 'A request was answered badly.';
      return { points: done + details.numRuns, failures: [reason], counts };
    }
    if (service.readings() > 2 + service.minutes()) {
      const failures = ['Forged requests made ingest read its secret more than once a minute.'];
      return { points: done, failures, counts };
    }
    onProgress?.(Math.min(requests, done + atOnce));
  }
  return { points: requests, failures: [], counts };
}

function ingestForOnce() {
  let readings = 0;
  const from = Date.now();
  const { ask, sent, lines } = ingestAtWork({
    readDocument: async () => {
      readings += 1;
      return JSON.stringify({ current: secret });
    },
  });
  return {
    ask,
    sent,
    lines,
    readings: () => readings,
    minutes: () => (Date.now() - from) / 60_000,
  };
}

/** Throws where a promise is broken. Gives the status, and what the worker makes of what was queued. */
async function answeredWell(
  { request, isGenuine }: Hostile,
  { ask, sent, lines }: ReturnType<typeof ingestForOnce>,
): Promise<string> {
  sent.length = 0;
  lines.length = 0;
  const { statusCode, body } = await ask(request);
  assert.ok(statusCode < 500, `answered ${statusCode}: ${body} ${lines.join()}`);
  assert.deepEqual(Object.keys(JSON.parse(body)), ['status', 'message']);
  assert.equal(lines.length, 1, 'one log line');
  assert.equal(sent.length, statusCode === 202 ? 1 : 0, 'queued if and only if accepted');
  if (isGenuine) assert.equal(statusCode, 202, 'a genuine webhook is accepted');
  const [message] = sent;
  if (!message) return `${statusCode}`;
  assert.ok(isSigned(request), 'what is queued is signed');
  const read = await readByWorker(message, rawText(request));
  if (isGenuine) assert.equal(read, 'applied', 'a genuine webhook is applied');
  return `${statusCode} ${read}`;
}

async function readByWorker(message: EventMessage, raw: string): Promise<string> {
  const record = lambdaRecord({
    MessageId: 'message-1',
    Body: message.MessageBody,
    MessageAttributes: message.MessageAttributes,
  });
  assert.equal(decodeEventMessage(record).body, raw, 'queued as it came');
  const { content } = readMessage(record);
  if (content.kind !== 'event') {
    assert.equal(content.kind, 'unreadable', 'no webhook is a message of the system itself');
    return 'unreadable';
  }
  const { store, records } = memoryAudienceStore();
  await applyEvent(content.event, content.body, {
    store,
    workflows: [],
    surroundings: surroundingsWith(defaultSettings),
    pause: () => Promise.resolve(),
  });
  assert.equal(records.size, 1, 'one record');
  return 'applied';
}

function bytesOf({ body = '', isBase64Encoded }: WebhookRequest): Buffer {
  return Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
}

function rawText(request: WebhookRequest): string {
  return bytesOf(request).toString();
}

/** By a key of our own making, over the bytes as they came, and of the present time. */
function isSigned(request: WebhookRequest): boolean {
  const headers = new Map(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const seconds = Number(headers.get('webhook-timestamp'));
  const isNow = Math.abs(seconds - Date.now() / 1_000) <= toleranceSeconds + slackSeconds;
  const signatures = String(headers.get('webhook-signature')).split(' ');
  return (
    isNow &&
    Object.values(keyReadings).some((keyOf) => {
      const hmac = createHmac('sha256', keyOf(secret));
      hmac.update(`${headers.get('webhook-id')}.${seconds}.`).update(bytesOf(request));
      return signatures.includes(`v1,${hmac.digest('base64')}`);
    })
  );
}
