import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

type Outputs = Readonly<Record<string, string>>;

/**
 * Answers CloudFormation's DescribeStacks and ListStackResources on a free loopback port, for the stacks that it is given.
 * Each of them has the same resources.
 */
export async function startCloudFormation(
  stacks: Readonly<Record<string, Outputs>>,
  resources: Readonly<Record<string, string>> = {},
) {
  const server = createServer(async (request, response) => {
    const call = new URLSearchParams(await text(request));
    const name = call.get('StackName') ?? '';
    const outputs = stacks[name];
    const isDescribed = call.get('Action') === 'DescribeStacks';
    response.writeHead(outputs ? 200 : 400, { 'content-type': 'text/xml' });
    if (outputs) response.end(isDescribed ? described(name, outputs) : listed(resources));
    else response.end(missing(name));
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

function described(name: string, outputs: Outputs): string {
  const members = Object.entries(outputs).map(
    ([key, value]) =>
      `<member><OutputKey>${key}</OutputKey><OutputValue>${value.replaceAll('<', '&lt;')}</OutputValue></member>`,
  );
  return `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member><StackName>${name}</StackName><CreationTime>2026-11-23T12:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus><Outputs>${members.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
}

function listed(resources: Readonly<Record<string, string>>): string {
  const members = Object.entries(resources).map(
    ([logical, physical]) =>
      `<member><LogicalResourceId>${logical}</LogicalResourceId><PhysicalResourceId>${physical}</PhysicalResourceId></member>`,
  );
  return `<ListStackResourcesResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><ListStackResourcesResult><StackResourceSummaries>${members.join('')}</StackResourceSummaries></ListStackResourcesResult></ListStackResourcesResponse>`;
}

function missing(name: string): string {
  return `<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id ${name} does not exist</Message></Error></ErrorResponse>`;
}
