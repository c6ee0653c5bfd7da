import type { IncomingMessage, ServerResponse } from 'node:http';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { bodyOf, type LoopbackServer, serveOnLoopback } from '#infra/local/http/loopback-server.ts';
import { Advice } from '#infra/terminal/advice.ts';

const askSchema = z.object({ byMs: z.int().check(z.positive()) });

const sentMailSchema = z.object({
  at: z.string(),
  to: z.array(z.string()),
  subject: z.string(),
  /** The email's key in the ledger. */
  ledgerKey: z.string(),
});
/** A mail that the local SES took, and when by the clock of the stack. */
export type SentMail = z.infer<typeof sentMailSchema>;

const toldSchema = z.object({
  now: z.string(),
  aheadMs: z.number(),
  mails: z.array(sentMailSchema),
});
/** What time it is on a local stack, by how much that is ahead, and the mails of this start. */
export type Told = z.infer<typeof toldSchema>;

type Behind = Readonly<{
  tell: () => Told;
  /** Moves the clock on; over when what became due is done. */
  moveOn: (byMs: number) => Promise<void>;
}>;

/** Where `npm run clock` finds the clock of a running stack: a port that only programs on this machine can ask. */
export function startClockDoor({ tell, moveOn }: Behind): Promise<LoopbackServer> {
  let last: Promise<void> = Promise.resolve();
  return serveOnLoopback(
    async (asked: IncomingMessage, response: ServerResponse) => {
      if (asked.method === 'POST') {
        const { byMs } = askSchema.parse(JSON.parse(String(await bodyOf(asked, 1_000))));
        // One after another: two at once would each see what the other began.
        last = last.catch(() => {}).then(() => moveOn(byMs));
        await last;
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(tell()));
    },
    0,
    'the clock',
  );
}

/** Asks a running stack for its time, after moving its clock on where that is said. Moving takes as long as it takes. */
export async function askClock(url: string, byMs?: number): Promise<Told> {
  // Node's fetch gives up after five minutes, which a year of sequences may take.
  const answer = await new Promise<{ status: number; body: string }>((resolve, reject) => {
    const outgoing = request(url, { method: byMs === undefined ? 'GET' : 'POST' }, (incoming) => {
      const { statusCode: status = 500 } = incoming;
      text(incoming).then((body) => resolve({ status, body }), reject);
    });
    outgoing.on('error', reject);
    outgoing.end(byMs === undefined ? undefined : JSON.stringify({ byMs }));
  }).catch((error: unknown) => {
    throw new Advice('The local stack stopped before its clock answered. Start it again.', {
      cause: error,
    });
  });
  if (answer.status !== 200) throw new Advice(`The clock wasn't moved: ${answer.body}`);
  return toldSchema.parse(JSON.parse(answer.body));
}
