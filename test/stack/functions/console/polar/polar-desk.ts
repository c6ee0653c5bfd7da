import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { serveOnLoopback } from '#infra/local/http/loopback-server.ts';
import { type FakePolarOptions, startFakePolar } from '#infra/local/polar-server/polar-server.ts';
import { startConsole } from '#test/stack/functions/console/console-at-work.ts';
import type { consoleVisitor } from '#test/support/console-visitor.ts';

export const northlight = {
  id: '3b8f2a52-3d0c-4c1f-9f0e-6d1f0a7c1a01',
  name: 'Northlight',
  slug: 'northlight',
};
export const hostile = {
  id: '3b8f2a52-3d0c-4c1f-9f0e-6d1f0a7c1a02',
  name: `<script>alert("x")</script> & 'Sons'`,
  slug: 'sons',
};

type Visitor = Pick<ReturnType<typeof consoleVisitor>, 'get' | 'post'>;

/** The console, a Polar that it speaks with, and an address that Polar can really send to. */
export async function startPolarDesk(options: FakePolarOptions = {}) {
  const polar = await startFakePolar({ organizations: [northlight], ...options });
  let answerStatus = 200;
  let answerText: string | undefined;
  const received: string[] = [];
  const receiver = await serveOnLoopback(
    async (request, response) => {
      received.push(String(request.headers['webhook-id']));
      response
        .writeHead(answerStatus)
        .end(JSON.stringify({ message: answerText ?? `Answered ${answerStatus} here.` }));
    },
    0,
    'the receiver',
  );
  const desk = await startConsole({
    POLAR_API_URL: polar.url,
    POLAR_AUTHORIZE_URL: polar.authorizeUrl,
    WEBHOOK_URL: `${receiver.address}/webhooks/polar`,
  });

  async function goToPolar(visitor: Visitor, fields: Readonly<Record<string, string>> = {}) {
    const passing = await visitor.post('/console/polar/sign-in', {
      signInServer: 'production',
      clientId: '',
      clientSecret: '',
      ...fields,
    });
    const [, url = ''] = /content="0; url=([^"]+)"/.exec(passing.html) ?? [];
    return { passing, url: url.replaceAll('&amp;', '&') };
  }

  /** As a browser comes back: from another site. */
  const comeBack = (visitor: Visitor, location: string | null) => {
    const { pathname, search } = new URL(location ?? '');
    return visitor.get(`${pathname}${search}`, { 'sec-fetch-site': 'cross-site' });
  };

  return {
    ...desk,
    polar,
    received,
    webhookUrl: `${receiver.address}/webhooks/polar`,
    answerWith: (status: number, message?: string) => {
      answerStatus = status;
      answerText = message;
    },
    goToPolar,
    comeBack,

    /** Signs in, allows it at Polar and comes back. */
    async signIn(visitor: Visitor = desk, fields: Readonly<Record<string, string>> = {}) {
      const { url } = await goToPolar(visitor, fields);
      const consent = await fetch(url, { redirect: 'manual' });
      return comeBack(visitor, consent.headers.get('location'));
    },

    /** Connects, and shows the page with what was done. */
    connectByToken: (accessToken = polar.organizationToken()) =>
      desk.submit('/console/polar/token', { tokenServer: 'production', accessToken }),

    connection: () => desk.item('Settings', { name: 'connection' }),
    secret: (name: 'PolarAccess' | 'WebhookSecret'): Record<string, unknown> =>
      JSON.parse(desk.secrets.get(name) ?? '{}'),

    /** As if nothing had ever been connected. */
    async startOver() {
      for (const { name } of await desk.items('Settings')) {
        const TableName = desk.tableOf('Settings');
        await desk.db.send(new DeleteCommand({ TableName, Key: { name } }));
      }
      await desk.secrets.put('PolarAccess', '{}');
      await desk.secrets.put('WebhookSecret', JSON.stringify({ current: '', previous: '' }));
      for (const list of [polar.endpoints, polar.deliveries, polar.state.events]) list.splice(0);
      polar.setRole('admin');
      polar.setConsent({ consent: 'automatic', covers: 'one' });
      polar.setDelay(0);
      polar.comeBack();
      answerStatus = 200;
      received.splice(0);
      desk.cookies.clear();
    },

    async stop() {
      await Promise.all([desk.stop(), polar.stop(), receiver.stop()]);
    },
  };
}
