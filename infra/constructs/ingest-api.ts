import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  ApiMapping,
  CfnRoute,
  CfnStage,
  DomainName,
  HttpApi,
  HttpMethod,
  HttpStage,
  LogGroupLogDestination,
  PayloadFormatVersion,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { FilterPattern, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { lambdaFunction } from './lambda-function.ts';
import type { QueueWithDeadLetters } from './queue.ts';
import type { Secrets } from './secrets.ts';
import { pinLogicalId } from './stateful.ts';

type IngestApiProps = {
  events: QueueWithDeadLetters;
  secrets: Secrets;
  webhookPath: string;
  /** How many workers may run at once: more of them are there to have more events let in. */
  maxConcurrency: number;
  /** Whether all answers are counted, for the dashboard, or those alone that alarms go by. */
  isGraphed: boolean;
};

/** The public door: takes Polar's webhooks, proves them genuine and queues them. */
export class IngestApi extends Construct {
  readonly api: HttpApi;
  readonly ingest: NodejsFunction;
  readonly stage: HttpStage;
  readonly accessLogs: LogGroup;
  readonly webhookUrl: string;
  private readonly webhookPath: string;
  private readonly webhooksPerSecond: number;

  constructor(scope: Construct, id: string, props: IngestApiProps) {
    super(scope, id);
    const { events, secrets, webhookPath, isGraphed } = props;
    this.webhookPath = webhookPath;
    // A shop sends a few events a second at its busiest, and ten concurrent executions, all that a new account may have,
    // answer about fifty. It also caps what a flood can cost.
    this.webhooksPerSecond = Math.max(50, 10 * props.maxConcurrency);
    this.ingest = lambdaFunction(this, 'Ingest', {
      name: 'ingest',
      description: "Proves that a webhook is Polar's, queues it and answers",
      // Polar gives up after ten seconds; an end of our own before that leaves an error to see.
      timeout: Duration.seconds(9),
      // A signature over a large body, and now and then gzip, want some processor: it grows with memory.
      memoryMb: 512,
      environment: { WEBHOOK_PATH: webhookPath },
    });
    events.give(this.ingest, { calls: ['SendMessage'] });
    secrets.give(this.ingest, { webhookSecret: ['GetSecretValue'] });

    this.api = new HttpApi(this, 'Api', {
      // In the list of APIs one tells the stages apart by it.
      apiName: Stack.of(this).stackName,
      description: "Receives Polar's webhooks, unsubscribes people and shows the console",
      createDefaultStage: false,
    });
    // Another id would be another API with another URL, and Polar posts to the one it was given.
    pinLogicalId(this.api, 'WebhookApi');
    addWebhookRoute(this.api, webhookPath, this.ingest);
    this.accessLogs = new LogGroup(this, 'AccessLogs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.stage = new HttpStage(this, 'DefaultStage', {
      httpApi: this.api,
      autoDeploy: true,
      // For a route that has no rate of its own.
      throttle: { rateLimit: 10, burstLimit: 20 },
      accessLogSettings: {
        destination: new LogGroupLogDestination(this.accessLogs),
        format: accessLogFormat(),
      },
    });
    countAnswers(this.accessLogs, isGraphed);
    this.webhookUrl = `${this.api.apiEndpoint}${webhookPath}`;
  }

  /**
   * Gives each route a rate of its own, so that a flood of one keeps nobody out of another. To be called when all
   * routes are there.
   */
  throttle(): void {
    const stage = this.stage.node.defaultChild;
    if (!(stage instanceof CfnStage)) throw new Error('The API has no stage of its own.');
    const routes = this.api.node.findAll().filter((one) => one instanceof CfnRoute);
    for (const route of routes) stage.addResourceDependency(route);
    stage.routeSettings = Object.fromEntries(
      routes.map(({ routeKey }) => {
        const [rate, burst] = routeKey.endsWith(this.webhookPath)
          ? [this.webhooksPerSecond, 2 * this.webhooksPerSecond]
          : rateOf(routeKey);
        return [routeKey, { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst }];
      }),
    );
  }

  /** How many requests were answered with this HTTP status. */
  answered(status: string): Metric {
    return new Metric({
      ...answersMetric(this),
      dimensionsMap: { Status: status },
      statistic: Stats.SUM,
    });
  }
}

/** Requests a second, and at once. */
function rateOf(routeKey: string): readonly [rate: number, burst: number] {
  // Mail programs follow many links at once when a newsletter has gone out.
  if (routeKey.includes('/unsubscribe/')) return [10, 50];
  return [20, 50];
}

function addWebhookRoute(api: HttpApi, path: string, ingest: NodejsFunction): void {
  const routes = api.addRoutes({
    path,
    methods: [HttpMethod.POST],
    integration: new HttpLambdaIntegration('IngestIntegration', ingest, {
      payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
    }),
  });
  for (const route of routes) {
    Validations.of(route).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason:
        'Polar cannot sign in: every request proves itself by its signature (Standard Webhooks), which the function checks before anything else.',
    });
  }
}

const alarming = ['401', '429'] as const;

/** HTTP APIs count no single status by themselves, so the access log is counted. */
function countAnswers(accessLogs: LogGroup, isGraphed: boolean): void {
  const { namespace, metricName } = answersMetric(accessLogs);
  const isAlarming = alarming.map((status) => FilterPattern.stringValue('$.status', '=', status));
  accessLogs.addMetricFilter('Answers', {
    filterPattern: isGraphed ? FilterPattern.exists('$.status') : FilterPattern.any(...isAlarming),
    metricNamespace: namespace,
    metricName,
    dimensions: { Status: '$.status' },
    metricValue: '1',
  });
}

function answersMetric(scope: Construct) {
  return { namespace: Stack.of(scope).stackName, metricName: 'Answers' };
}

/**
 * No address, user agent or path: what a stranger puts into a URL is not ours to keep. Only of routes behind IAM it says
 * who called.
 */
function accessLogFormat(): AccessLogFormat {
  return AccessLogFormat.custom(
    JSON.stringify({
      time: '$context.requestTime',
      requestId: '$context.requestId',
      routeKey: '$context.routeKey',
      status: '$context.status',
      userArn: '$context.identity.userArn',
      integrationStatus: '$context.integrationStatus',
      responseLatency: '$context.responseLatency',
      integrationErrorMessage: '$context.integrationErrorMessage',
    }),
  );
}

type LinkDomainProps = { name: string; certificateArn: string; api: HttpApi; stage: HttpStage };

/** A name of one's own for the API, so that links in mails outlive it: another stack can take the name over. */
export class LinkDomain extends Construct {
  /** What has to be added to the DNS of the domain. */
  readonly dnsRecord: string;

  constructor(scope: Construct, id: string, { name, certificateArn, api, stage }: LinkDomainProps) {
    super(scope, id);
    const domainName = new DomainName(this, 'Name', {
      domainName: name,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
    });
    pinLogicalId(domainName, 'LinkDomainName');
    new ApiMapping(this, 'Mapping', { api, domainName, stage });
    this.dnsRecord = `${name} CNAME ${domainName.regionalDomainName}`;
  }
}
