import { Duration } from 'aws-cdk-lib';
import type { Watch } from '#infra/constructs/watch.ts';
import type { AlarmDefinition } from './alarm-definition.ts';

/** Longer than the time between two looks, so that an alarm stays on while each finds the same. */
const period = Duration.minutes(20);

const polarPage = 'the page Polar of the console';

/** What is wrong on Polar's side of the connection. Nothing of this rings while Polar is not connected. */
export function watchAlarms(watch: Watch, stage: string): AlarmDefinition[] {
  return [
    ...endpointAlarms(watch, stage),
    ...deliveryAlarms(watch, stage),
    ...emailAlarms(watch, stage),
    ...ownAlarms(watch),
  ];
}

function endpointAlarms(watch: Watch, stage: string): AlarmDefinition[] {
  return [
    {
      id: 'EndpointDisabled',
      metric: watch.found('disabled'),
      above: 0,
      period,
      harm: 'Polar sends nothing, because the endpoint is disabled or gone, and does not even record what happens meanwhile: contacts and emails miss it.',
      firstStep: `remove what made deliveries fail (${polarPage} shows their answers), then "npm run recover -- --stage ${stage}": it enables the endpoint, redelivers what failed and fills the gap.`,
    },
    {
      id: 'EndpointChanged',
      metric: watch.found('changed'),
      above: 0,
      period,
      harm: 'somebody changed the endpoint in Polar, or the secret: its URL, events, format, version or secret are not ours any more, so webhooks are refused, misunderstood or not sent here.',
      firstStep: `open ${polarPage}: it says what differs, and its button repairs the connection. Then redeliver there what failed.`,
    },
  ];
}

function emailAlarms(watch: Watch, stage: string): AlarmDefinition[] {
  return [
    {
      id: 'PolarEmailsChanged',
      metric: watch.found('emails-changed'),
      above: 0,
      period,
      harm: 'somebody switched in Polar which mails it sends to customers itself: at one moment they may now get more than one mail, or none.',
      firstStep: `open ${polarPage}, or run "npm run connect -- --status --stage ${stage}": its table shows who mails at each moment, and what changed. Put it right, then take it as it is.`,
    },
  ];
}

function deliveryAlarms(watch: Watch, stage: string): AlarmDefinition[] {
  return [
    {
      id: 'DeliveriesFailing',
      metric: watch.found('failing'),
      above: 0,
      period,
      harm: 'of the last ten events three failed in a row, or five in all. After ten in a row Polar disables the endpoint and sends nothing any more.',
      firstStep: `open ${polarPage}: its deliveries tell what they were answered. Remove that cause, then redeliver there what failed.`,
    },
    {
      id: 'DeliveriesGivenUp',
      metric: watch.found('given-up'),
      above: 0,
      period,
      harm: 'Polar gave up an event after ten attempts and does not send it again by itself, so a contact misses what happened to it.',
      firstStep: `open ${polarPage}, see what the deliveries were answered, and redeliver them with its button: each is applied once.`,
    },
    {
      id: 'WebhooksNotReceived',
      metric: watch.found('not-received'),
      above: 0,
      period,
      harm: 'Polar says that it delivered an event more than twenty minutes ago, and nothing has been recorded here since: webhooks are stuck, or go elsewhere.',
      firstStep: `"npm run why -- <webhook id> --stage ${stage}" with the id from the log of watch tells how far it came. If QueueAgeing or DeadLetters ring, too, begin with them.`,
    },
  ];
}

function ownAlarms(watch: Watch): AlarmDefinition[] {
  return [
    {
      id: 'PolarNotAsked',
      metric: watch.ran('not-asked'),
      above: 0,
      period,
      periodsOfThree: 3,
      harm: 'for an hour Polar could not be asked how the connection is, so nobody would notice if it disabled the endpoint. Webhooks still come in.',
      firstStep: `open ${polarPage}. If access is refused (a token revoked, a role lost), connect again there; if Polar is down (https://status.polar.sh), wait.`,
    },
    {
      id: 'WatchErrors',
      metric: watch.function.metricErrors(),
      above: 0,
      period,
      periodsOfThree: 2,
      harm: 'the function that looks at the connection fails itself, so nobody would notice if Polar disabled the endpoint. Webhooks still come in.',
      firstStep:
        "read the error in watch's log group. If it began with a deployment, deploy the version before it.",
    },
    {
      id: 'WatchStopped',
      metric: watch.function.metricInvocations(),
      above: 'silence',
      period,
      periodsOfThree: 3,
      harm: 'for an hour nothing looked at the connection, so nobody would notice if Polar disabled the endpoint. Webhooks still come in.',
      firstStep:
        'look in EventBridge whether the rule of watch is enabled, and in CloudWatch whether Lambda throttles it. After the first deployment the alarm may ring once.',
    },
  ];
}
