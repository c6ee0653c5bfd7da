import { expect, test } from 'vitest';
import { polarOptions } from '#infra/local/polar-options.ts';
import { startOptions } from '#infra/local/start-options.ts';
import { Advice } from '#infra/terminal/advice.ts';

test('npm start uses five ports in a row', () => {
  expect(startOptions([])).toMatchObject({
    ports: { http: 4700, dynamodb: 4701, sqs: 4702, secretsManager: 4703, ses: 4704 },
    demo: false,
    fresh: false,
  });
  expect(startOptions(['--port', '5000', '--demo', '--fresh'])).toMatchObject({
    ports: { http: 5000, dynamodb: 5001, sqs: 5002, secretsManager: 5003, ses: 5004 },
    demo: true,
    fresh: true,
  });
  expect(startOptions(['--help'])).toBeUndefined();
});

test.each([
  ['an unknown option', ['--dmeo'], /^Unknown option '--dmeo'\. "npm start -- --help"/],
  ['a word', ['demo'], /^Unexpected argument 'demo'\. "npm start -- --help"/],
  ['a port that is none', ['--port', 'http'], /^--port must be a whole number/],
  ['a port without four more', ['--port', '65532'], /^--port must be a whole number/],
])('npm start says in one sentence what is wrong with %s', (_, args, message) => {
  expect(() => startOptions(args)).toThrow(Advice);
  expect(() => startOptions(args)).toThrow(message);
});

test('npm run polar sends an event of a given customer', () => {
  const args = ['order.paid', '--email', 'a@example.com', '--external-id', 'u1', '--count', '3'];
  expect(polarOptions(args)).toMatchObject({
    what: { kind: 'event', type: 'order.paid' },
    email: 'a@example.com',
    externalId: 'u1',
    count: 3,
    secretReading: 'decoded',
  });
  expect(polarOptions(['--help'])).toBeUndefined();
});

test.each([
  [
    'an unknown event',
    ['order.piad'],
    /^There is no event "order\.piad"\. .*order\.paid.*"purchase"/,
  ],
  ['no event', [], /^Say which event to send\. .*customer\.created/],
  ['two events', ['order.paid', 'purchase'], /^Send one thing at a time/],
  ['an event and a file', ['order.paid', '--file', 'x.json'], /^Send one thing at a time/],
  ['a count that is none', ['purchase', '--count', 'all'], /^--count must be a whole number/],
  ['an option without its value', ['purchase', '--email'], /--email.*npm run polar -- --help/],
])('npm run polar says in one sentence what is wrong with %s', (_, args, message) => {
  expect(() => polarOptions(args)).toThrow(Advice);
  expect(() => polarOptions(args)).toThrow(message);
});
