import { Webhook } from 'standardwebhooks';
import { type Endpoint, newId, type PolarState, type WebhookEvent } from './polar-state.ts';

/** So many completed events of an endpoint in a row, all failed, disable it. */
const failuresThatDisable = 10;

/** Delivers events to the endpoints as Polar does: signed, recorded attempt by attempt. */
export function webhookSender(state: PolarState) {
  const endpointOf = (event: WebhookEvent) =>
    state.endpoints.find(({ id }) => id === event.endpointId);

  async function attempt(endpoint: Endpoint, event: WebhookEvent): Promise<boolean> {
    const outcome = await post(endpoint, event, state.now());
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
      if (event.endpointId === endpoint.id && event.succeeded === null) event.skipped = true;
    }
  }

  return {
    /**
     * Something happened: each enabled endpoint that wants the event gets it, with so many attempts at once until one
     * succeeds. While it is still trying, Polar has not given up. Gives the ids, which are those of the webhooks.
     */
    async emit(
      payload: Readonly<{ type: string }>,
      { attempts = 1, isStillTrying = false } = {},
    ): Promise<string[]> {
      const wanted = state.endpoints.filter(
        ({ enabled, events }) => enabled && events.includes(payload.type),
      );
      const made = wanted.map((endpoint): WebhookEvent => {
        return {
          id: newId(),
          created_at: state.timestamp(),
          endpointId: endpoint.id,
          type: payload.type,
          payload: JSON.stringify(payload),
          succeeded: null,
          lastHttpCode: null,
          skipped: false,
          isArchived: false,
        };
      });
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
