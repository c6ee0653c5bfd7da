import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

type Stack = Readonly<{
  outputs: Readonly<Record<string, string>>;
  resources: Readonly<Record<string, string>>;
}>;

const xmlns = 'http://cloudformation.amazonaws.com/doc/2010-05-15/';

/** Answers CloudFormation's DescribeStacks and ListStackResources, a page for each resource, for one stack. */
export async function startStackInAws({ outputs, resources }: Stack) {
  const all = Object.entries(resources);
  const server = createServer(async (request, response) => {
    const call = new URLSearchParams(await text(request));
    const page = Number(call.get('NextToken') ?? 0);
    response.writeHead(200, { 'content-type': 'text/xml' });
    response.end(call.get('Action') === 'DescribeStacks' ? described(outputs) : listed(all, page));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function described(outputs: Stack['outputs']): string {
  const members = Object.entries(outputs).map(
    ([key, value]) =>
      `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  return `<DescribeStacksResponse xmlns="${xmlns}"><DescribeStacksResult><Stacks><member><StackName>PolarAudience-staging</StackName><CreationTime>2026-11-23T12:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus><Outputs>${members.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
}

function listed(all: readonly (readonly [string, string])[], page: number): string {
  const [logical = '', physical = ''] = all[page] ?? [];
  const next = page + 1 < all.length ? `<NextToken>${page + 1}</NextToken>` : '';
  return `<ListStackResourcesResponse xmlns="${xmlns}"><ListStackResourcesResult><StackResourceSummaries><member><LogicalResourceId>${logical}</LogicalResourceId><PhysicalResourceId>${physical}</PhysicalResourceId></member></StackResourceSummaries>${next}</ListStackResourcesResult></ListStackResourcesResponse>`;
}
