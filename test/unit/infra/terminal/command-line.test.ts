import { expect, test } from 'vitest';
import { polarProgram } from '#infra/local/polar-options.ts';
import { startProgram } from '#infra/local/start-options.ts';
import { Advice } from '#infra/terminal/advice.ts';
import { type Act, runProgram } from '#infra/terminal/command-line.ts';
import { columns } from '#infra/terminal/lines.ts';

type Program<Options> = (act: Act<Options>, print: (line: string) => void) => Parsing;
type Parsing = Parameters<typeof runProgram>[0];

/** What a command line comes to, or its help. */
async function read<Options>(program: Program<Options>, args: readonly string[]) {
  const seen: (Options | string)[] = [];
  await runProgram(
    program(
      (options) => void seen.push(options),
      (line) => seen.push(line),
    ),
    args,
  );
  return seen[0];
}

const startOptions = (args: readonly string[]) => read(startProgram, args);
const polarOptions = (args: readonly string[]) => read(polarProgram, args);

test('npm start uses seven ports in a row, the sixth for the local Polar', async () => {
  expect(await startOptions([])).toMatchObject({
    ports: {
      http: 4700,
      dynamodb: 4701,
      sqs: 4702,
      secretsManager: 4703,
      ses: 4704,
      console: 4706,
    },
    demo: false,
    fresh: false,
  });
  expect(await startOptions(['--port', '5000', '--demo', '--fresh'])).toMatchObject({
    ports: {
      http: 5000,
      dynamodb: 5001,
      sqs: 5002,
      secretsManager: 5003,
      ses: 5004,
      console: 5006,
    },
    demo: true,
    fresh: true,
  });
  expect(await startOptions([])).toMatchObject({ polarPort: undefined });
  expect(await startOptions(['--polar'])).toMatchObject({ polarPort: 4705 });
  expect(await startOptions(['--polar', '--port', '5000'])).toMatchObject({ polarPort: 5005 });
  expect(await startOptions(['--help'])).toMatch(/^Usage: npm start -- \[options\]\n/);
});

test.each([
  [
    'an unknown option',
    ['--dmeo'],
    /^Unknown option '--dmeo'\. Did you mean --demo\? Run "npm start -- --help"/,
  ],
  ['a word', ['demo'], /^Unexpected "demo"\. Usage: npm start\.$/],
  ['a port that is none', ['--port', 'http'], /^--port must be a whole number/],
  ['a port without five more', ['--port', '65531'], /^--port must be a whole number/],
])('npm start says in one sentence what is wrong with %s', async (_, args, message) => {
  await expect(startOptions(args)).rejects.toThrow(Advice);
  await expect(startOptions(args)).rejects.toThrow(message);
});

test('npm run polar sends an event of a given customer', async () => {
  const args = ['order.paid', '--email', 'a@example.com', '--external-id', 'u1', '--count', '3'];
  expect(await polarOptions(args)).toMatchObject({
    what: { kind: 'event', type: 'order.paid' },
    email: 'a@example.com',
    externalId: 'u1',
    count: 3,
    secretReading: 'decoded',
  });
  expect(await polarOptions(['--help'])).toMatch(/^Usage: npm run polar -- <event> \[options\]\n/);
});

test.each([
  ['an unknown event', ['order.piad'], /^Unknown event "order\.piad"\. .*order\.paid.*"purchase"/],
  ['no event', [], /^Pass the event to send\. .*customer\.created/],
  ['two events', ['order.paid', 'purchase'], /^Send one thing at a time/],
  ['an event and a file', ['order.paid', '--file', 'x.json'], /^Send one thing at a time/],
  ['a count that is none', ['purchase', '--count', 'all'], /^--count must be a whole number/],
  ['an address that is none', ['purchase', '--email', 'ada'], /^--email: Enter an email address/],
  ['a domain without a dot', ['purchase', '--email', 'a@b'], /^--email: Enter the whole domain/],
  ['an option without its value', ['purchase', '--email'], /--email.*npm run polar -- --help/],
])('npm run polar says in one sentence what is wrong with %s', async (_, args, message) => {
  await expect(polarOptions(args)).rejects.toThrow(Advice);
  await expect(polarOptions(args)).rejects.toThrow(message);
});

test('columns are as wide as their widest cell, and a cell cannot leave its line', () => {
  expect(
    columns([
      ['ID', 'NAME'],
      ['welcome-1', 'Grüße\n\u001b[31m!'],
    ]),
  ).toEqual(['ID         NAME', 'welcome-1  Grüße [31m!']);
});
