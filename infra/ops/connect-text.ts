import type { Connection } from '#shared/polar/connection.ts';
import type { ConnectionHealth, Repair } from '#shared/polar/connection-health.ts';
import { columns } from './columns.ts';

const remedies: Record<Repair, string | undefined> = {
  enable: 'npm run connect -- --repair',
  repair: 'npm run connect -- --repair',
  redeliver: 'npm run recover',
  connect: 'npm run connect -- --token -',
  wait: undefined,
};

/** The connection and how it is, for a terminal. `options` stand behind each command that is proposed. */
export function healthLines(
  connection: Connection,
  { endpoint, deliveries, faults }: ConnectionHealth,
  options: string,
): string[] {
  const { organizationName, organizationSlug, server, connectedAt, by, method } = connection;
  const way = method === 'oauth' ? 'by signing in' : 'with an access token';
  const facts = [
    ['organisation', `${organizationName} (${organizationSlug}), ${server}`],
    ['connected', `${connectedAt} by ${by}, ${way}`],
    ['webhooks go to', endpoint?.url ?? connection.url],
    ['endpoint', endpoint ? (endpoint.enabled ? 'enabled' : 'disabled') : 'unknown'],
  ];
  const attempts = deliveries.map(({ at, type, succeeded, httpCode, eventId }) => [
    at,
    type,
    succeeded ? 'delivered' : `failed (${httpCode ?? 'not reached'})`,
    eventId,
  ]);
  return [
    ...columns(facts),
    ...(attempts.length > 0 ? ['', 'The last deliveries:', ...columns(attempts)] : []),
    '',
    ...(faults.length === 0 ? ['Nothing is wrong.'] : faults.flatMap(faultLines(options))),
  ];
}

function faultLines(options: string) {
  return ({ sentence, repair }: ConnectionHealth['faults'][number]): string[] => {
    const remedy = remedies[repair];
    return remedy === undefined ? [sentence] : [sentence, `  ${withOptions(remedy, options)}`];
  };
}

function withOptions(command: string, options: string): string {
  if (options === '') return command;
  return command.includes(' -- ') ? `${command}${options}` : `${command} --${options}`;
}
