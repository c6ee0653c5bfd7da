import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { resourceOf, stageTemplate } from '#test/support/cloud/stage-stack.ts';

const template = stageTemplate();
const names = ['Events', 'Mail', 'Feedback'];
const queues = names.flatMap((name) => [`${name}Queue`, `${name}DeadLetters`]);

describe('a queue', () => {
  it.each(queues)('%s keeps the largest messages for fourteen days, encrypted', (id) => {
    expect(resourceOf(template, id).Properties).toMatchObject({
      MessageRetentionPeriod: 14 * 24 * 60 * 60,
      MaximumMessageSize: 1_048_576,
      SqsManagedSseEnabled: true,
    });
  });

  it.each(queues)('%s refuses requests without TLS', (id) => {
    template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      Queues: [{ Ref: id }],
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Deny',
            Action: 'sqs:*',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        ]),
      },
    });
  });

  it.each(names)('moves a message of %s to the dead letters after twelve tries', (name) => {
    expect(resourceOf(template, `${name}Queue`).Properties.RedrivePolicy).toEqual({
      deadLetterTargetArn: { 'Fn::GetAtt': [`${name}DeadLetters`, 'Arn'] },
      maxReceiveCount: 12,
    });
  });

  it.each(names)('takes dead letters of %s from their own queue only', (name) => {
    const { redrivePermission, sourceQueueArns } = resourceOf(template, `${name}DeadLetters`)
      .Properties.RedriveAllowPolicy;
    const queueName = resourceOf(template, `${name}Queue`).Properties.QueueName['Fn::Join'][1];

    expect(redrivePermission).toBe('byQueue');
    expect(sourceQueueArns).toHaveLength(1);
    expect(sourceQueueArns[0]['Fn::Join'][1].slice(-queueName.length)).toEqual(queueName);
  });

  it('has a name that no other queue has', () => {
    const physicalNames = names.map((name) =>
      JSON.stringify(resourceOf(template, `${name}Queue`).Properties.QueueName),
    );

    expect(new Set(physicalNames).size).toBe(names.length);
  });
});
