import { Stack } from 'aws-cdk-lib';
import { type ILogGroup, QueryDefinition, QueryString } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

/** Saved queries of Logs Insights, which finds them by the name of the stack. */
export class LogQueries extends Construct {
  constructor(scope: Construct, id: string, logs: readonly ILogGroup[]) {
    super(scope, id);
    new QueryDefinition(this, 'EventLife', {
      queryDefinitionName: `${Stack.of(this).stackName}/one event's life`,
      logGroups: [...logs],
      queryString: new QueryString({
        fields: ['@timestamp', 'level', 'message', 'type', 'outcome', 'state', 'kind', 'reason'],
        filterStatements: ['webhookId = "paste the webhook id here"'],
        sort: '@timestamp asc',
        limit: 1_000,
      }),
    });
  }
}
