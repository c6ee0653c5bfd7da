import { expect, test } from 'vitest';
import { problemOfWebhookUrl } from '#shared/polar/access.ts';

test.each([
  ['https://abc.execute-api.eu-west-1.amazonaws.com/webhooks/polar', 'https://api.polar.sh', false],
  ['http://127.0.0.1:3000/webhooks/polar', 'https://api.polar.sh', true],
  ['http://127.0.0.1:3000/webhooks/polar', 'http://127.0.0.1:4000', false],
  ['http://example.com/webhooks/polar', 'https://api.polar.sh', true],
  ['https://localhost/webhooks/polar', 'https://api.polar.sh', true],
  ['https://192.168.1.7/webhooks/polar', 'https://api.polar.sh', true],
  ['https://[::1]/webhooks/polar', 'https://api.polar.sh', true],
  ['https://printer.local/webhooks/polar', 'https://api.polar.sh', true],
])(
  'whether %s can take webhooks from %s is said before anything is made',
  (url, api, isProblem) => {
    const problem = problemOfWebhookUrl(url, api);
    expect(problem !== undefined).toBe(isProblem);
    if (isProblem) expect(problem).toContain('public https addresses only');
  },
);
