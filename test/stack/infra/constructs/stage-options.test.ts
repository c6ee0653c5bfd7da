import { describe, expect, it } from 'vitest';
import { mailSender, readStageOptions } from '#infra/constructs/stage-options.ts';
import { stageStack, stageTemplate } from '#test/support/cloud/stage-stack.ts';

const read = readStageOptions;

const usual = read({});
const asUsual = stageTemplate(usual.kind === 'options' ? usual.options : {});

describe('the options of a stage', () => {
  it('have usual values, so that a deployment needs none', () => {
    expect(usual).toEqual({
      kind: 'options',
      options: {
        stage: 'prod',
        runbook: 'infra/RUNBOOK.md',
        retentionDays: 90,
        maxConcurrency: 3,
        webhookPath: '/webhooks/polar',
        mailsPerSecond: 1,
        dashboard: false,
        lean: false,
      },
    });
  });

  it('leave three of the ten executions of a new account to ingest and to people', () => {
    const together = Object.values(asUsual.findResources('AWS::Lambda::EventSourceMapping'))
      .map(({ Properties }) => Properties.ScalingConfig.MaximumConcurrency)
      .reduce((sum, one) => sum + one, 0);

    expect(together).toBe(7);
  });

  it('are tags of all that a stage makes', () => {
    expect(stageStack({ stage: 'staging' }).tags.tagValues()).toEqual({
      application: 'polar-audience',
      stage: 'staging',
    });
  });

  it('are taken from the command line, where all values are text', () => {
    const given = {
      stage: 'try-2',
      alarmEmail: 'a@example.com',
      runbook: 'https://wiki.example.com/polar-audience/infra/RUNBOOK.md',
      retentionDays: '365',
      maxConcurrency: '2',
      webhookPath: '/webhooks/x7Kq-9_b',
      domain: 'unsubscribe.shop.example',
      certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/0-1',
      mailFrom: 'Shop <hello@shop.example>',
      mailIdentity: 'domain',
      mailsPerSecond: '14',
      dashboard: 'true',
      lean: 'false',
    };

    expect(read(given)).toEqual({
      kind: 'options',
      options: {
        ...given,
        retentionDays: 365,
        maxConcurrency: 2,
        mailFrom: mailSender('Shop <hello@shop.example>'),
        mailsPerSecond: 14,
        dashboard: true,
        lean: false,
      },
    });
  });

  it.each([
    ['stage', ['', 'Prod', '2nd', 'a_b', 'a'.repeat(21)]],
    ['alarmEmail', ['', 'nobody', 'a@example.com,b@example.com']],
    [
      'runbook',
      ['', 'README.md', 'http://wiki.example.com', 'https://wiki.example.com/RUNBOOK.md#alarms'],
    ],
    ['retentionDays', ['', '0', '1.5', '3651', 'soon']],
    ['maxConcurrency', ['1', '2.5', '1001', 'many']],
    ['webhookPath', ['', 'polar', '/polar', '/webhooks/', '/webhooks/a/b', '/webhooks/{a}']],
    ['domain', ['', 'shop', 'https://shop.example', 'shop.example/unsubscribe']],
    ['certificateArn', ['', 'arn:aws:iam::123456789012:role/x', '0-1']],
    ['mailFrom', ['', 'shop', 'Shop <shop.example>', 'hello@shop.example, b@shop.example']],
    ['mailIdentity', ['', 'new', 'address']],
    ['mailsPerSecond', ['', '0', '0.5', '501', 'fast']],
    ['dashboard', ['', 'yes', '1']],
    ['lean', ['', 'on', 'True']],
  ])('refuse a wrong %s with a sentence that shows a right one', (name, values) => {
    const pair: Record<string, string> = {
      domain: 'unsubscribe.shop.example',
      certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/0-1',
    };
    const others = name in pair ? pair : {};
    const answers = values.map((value) => read({ ...others, [name]: value }));

    const refusal = {
      kind: 'refused',
      reason: expect.stringMatching(new RegExp(`^${name} must be.* as in -c ${name}=.*\\.$`)),
    };
    expect(answers).toEqual(values.map(() => refusal));
  });

  it.each([
    ['alarmemail', 'alarmEmail'],
    ['retention-days', 'retentionDays'],
    ['MAIL_FROM', 'mailFrom'],
    ['mailForm', 'mailFrom'],
    ['mailFom', 'mailFrom'],
    ['alarmEmails', 'alarmEmail'],
    ['retentionDoys', 'retentionDays'],
    ['stgae', 'stage'],
    ['stages', 'stage'],
    ['stag', 'stage'],
  ])('refuse %s, which would have no effect', (given, meant) => {
    const reason = `There is no option ${given}. Write -c ${meant}=….`;
    expect(read({ [given]: '30', 'cli-telemetry': false })).toEqual({ kind: 'refused', reason });
  });

  it.each(['plan', 'state', 'mailTo', 'domain-name', '@aws-cdk/core:explicitStackTags'])(
    'leave %s alone, which is none of them',
    (name) => {
      expect(read({ [name]: '30' })).toEqual(usual);
    },
  );

  it('that are wrong are all named at once', () => {
    const answer = read({ stage: 'X', retentionDays: 0 });

    expect(answer).toMatchObject({
      reason: expect.stringMatching(/^stage must.*\nretentionDays must/),
    });
  });

  it.each([
    { domain: 'unsubscribe.shop.example' },
    { certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/0-1' },
  ])('name a domain and its certificate only together: %o', (given) => {
    expect(read(given)).toEqual({
      kind: 'refused',
      reason: expect.stringMatching(/^domain and certificateArn need each other/),
    });
  });

  it.each(['domain', 'existing'])('name a mailIdentity %s only with a sender', (mailIdentity) => {
    expect(read({ mailIdentity })).toEqual({
      kind: 'refused',
      reason: expect.stringMatching(/^mailIdentity .* -c mailFrom=/),
    });
  });
});

describe('a retention shorter than the time in which Polar can deliver again', () => {
  it('is allowed with a warning', () => {
    expect(warningsAt(89)).toEqual([
      expect.stringContaining('Polar can deliver an event again for 90 days'),
    ]);
    expect(warningsAt(90)).toEqual([]);
  });
});

function warningsAt(retentionDays: number): unknown[] {
  const { metadata } = stageStack({ retentionDays }).node;
  return metadata.filter(({ type }) => type === 'aws:cdk:warning').map(({ data }) => data);
}
