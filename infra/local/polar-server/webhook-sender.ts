import { Webhook } from 'standardwebhooks';
import { type Endpoint, newId, type PolarState, type WebhookEvent } from './polar-state.ts';

/** So many completed events of an endpoint in a row, all failed, disable it. */
const failuresThatDisable = 10;

const mostAttempts = 10;
const longestJobMs = 1_500;

/** Twice as long after each failure, and by chance up to half of it less: ten attempts take 17 to 34 minutes. */
function backoffMs(attempts: number): number {
  return Math.round(4_000 * 2 ** (attempts - 1) * (0.5 + Math.random() / 2));
}

type Payload = Readonly<{ type: string; timestamp?: string; [key: string]: unknown }>;

export type WebhookSender = ReturnType<typeof webhookSender>;

/** Delivers events to the endpoints as Polar does: signed, recorded attempt by attempt. */
export function webhookSender(state: PolarState) {
  const endpointOf = (event: WebhookEvent) =>
    state.endpoints.find(({ id }) => id === event.endpointId);

  async function attempt(endpoint: Endpoint, event: WebhookEvent): Promise<boolean> {
    const outcome = await post(endpoint, event, state.now());
    event.attempts += 1;
    event.lastHttpCode = outcome.httpCode;
    state.deliveries.push({
      id: newId(),
      created_at: state.timestamp(),
      endpointId: endpoint.id,
      event,
      ...outcome,
    });
    return outcome.succeeded;
  }

  function disableAfterFailures(endpoint: Endpoint): void {
    const completed = state.events.filter(
      ({ endpointId, succeeded }) => endpointId === endpoint.id && succeeded !== null,
    );
    const last = completed.slice(-failuresThatDisable);
    if (last.length < failuresThatDisable || last.some(({ succeeded }) => succeeded)) return;
    endpoint.enabled = false;
    for (const event of state.events) {
      if (event.endpointId !== endpoint.id || event.succeeded !== null) continue;
      Object.assign(event, { skipped: true, nextAttemptMs: null });
    }
  }

  const eventFor = (endpoint: Endpoint, payload: Payload): WebhookEvent => ({
    id: newId(),
    created_at: state.timestamp(),
    endpointId: endpoint.id,
    type: payload.type,
    payload: JSON.stringify(payload),
    succeeded: null,
    lastHttpCode: null,
    skipped: false,
    isArchived: false,
    attempts: 0,
    nextAttemptMs: null,
    isJob: false,
  });

  return {
    /**
     * Records an event for each enabled endpoint of the organization that wants it, due at once. Of a disabled endpoint
     * nothing is recorded.
     */
    record(organizationId: string, payload: Payload, isJob: boolean): void {
      const wanted = state.endpoints.filter(
        (endpoint) =>
          endpoint.organization_id === organizationId &&
          endpoint.enabled &&
          endpoint.events.includes(payload.type),
      );
      const wait = isJob ? Math.random() * longestJobMs : 0;
      const nextAttemptMs = state.now().getTime() + wait;
      const made = wanted.map((endpoint) => ({
        ...eventFor(endpoint, payload),
        nextAttemptMs,
        isJob,
      }));
      state.events.push(...made);
    },

    /** The next attempt of an event that is due; says when the one after it is, and gives up after the tenth. */
    async attemptDue(event: WebhookEvent): Promise<void> {
      const endpoint = endpointOf(event);
      if (!endpoint?.enabled) {
        Object.assign(event, { skipped: true, nextAttemptMs: null });
        return;
      }
      event.nextAttemptMs = null;
      if (await attempt(endpoint, event)) {
        event.succeeded = true;
      } else if (event.attempts >= mostAttempts) {
        event.succeeded = false;
        disableAfterFailures(endpoint);
      } else if (!event.skipped) {
        event.nextAttemptMs = state.now().getTime() + backoffMs(event.attempts);
      }
    },

    /**
     * Something happened: each enabled endpoint that wants the event gets it, with so many attempts at once until one
     * succeeds. While it is still trying, Polar has not given up. Gives the ids, which are those of the webhooks.
     */
    async emit(payload: Payload, { attempts = 1, isStillTrying = false } = {}): Promise<string[]> {
      const wanted = state.endpoints.filter(
        ({ enabled, events }) => enabled && events.includes(payload.type),
      );
      const made = wanted.map((endpoint) => eventFor(endpoint, payload));
      state.events.push(...made);
      for (const [index, event] of made.entries()) {
        const endpoint = wanted[index];
        if (!endpoint) continue;
        for (let tries = 0; tries < attempts && event.succeeded === null; tries += 1) {
          if (await attempt(endpoint, event)) event.succeeded = true;
        }
        if (event.succeeded === null && !isStillTrying) {
          event.succeeded = false;
          disableAfterFailures(endpoint);
        }
      }
      return made.map(({ id }) => id);
    },

    /** One more attempt, whatever became of those before. */
    async redeliver(event: WebhookEvent): Promise<void> {
      const endpoint = endpointOf(event);
      if (!endpoint || event.isArchived) return;
      event.succeeded = await attempt(endpoint, event);
    },
  };
}

async function post(endpoint: Endpoint, { id, payload }: WebhookEvent, at: Date) {
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'polar.sh webhooks',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(endpoint.secret).sign(id, at, payload),
    'webhook-api-version': endpoint.api_version,
  };
  try {
    const response = await fetch(endpoint.url, {
      method: 'POST',
      headers,
      body: payload,
      redirect: 'manual',
      signal: AbortSignal.timeout(10_000),
    });
    const text = (await response.text()).slice(0, 2_048);
    return { succeeded: response.ok, httpCode: response.status, response: text };
  } catch (error) {
    return { succeeded: false, httpCode: null, response: String(error) };
  }
}
