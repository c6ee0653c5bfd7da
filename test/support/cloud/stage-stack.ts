import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import type { StageOptions } from '#infra/constructs/stage-options.ts';
import { PolarAudienceStack } from '#infra/polar-audience-stack.ts';
import cdkJson from '../../../cdk.json' with { type: 'json' };

/** The stack of a stage, made with the flags of the real app but without its bundles. */
export function stageStack(options: Partial<StageOptions> = {}): PolarAudienceStack {
  // In the directory of the run, which removes it: one that the CDK makes itself stays.
  const outdir = mkdtempSync(join(process.env['TEST_RUN_DIRECTORY'] ?? tmpdir(), 'cdk.out'));
  const app = new App({
    outdir,
    context: {
      ...cdkJson.context,
      'aws:cdk:bundling-stacks': [],
      '@aws-cdk/core:validateAgainstDefaultRules': false,
      '@aws-cdk/core:annotationsInValidationReport': false,
    },
  });
  return new PolarAudienceStack(app, 'Stack', {
    stage: 'prod',
    runbook: 'infra/RUNBOOK.md',
    retentionDays: 90,
    maxConcurrency: 5,
    webhookPath: '/webhooks/polar',
    mailsPerSecond: 1,
    dashboard: false,
    lean: false,
    ...options,
  });
}

/** A resource of the template by its logical id. */
export function resourceOf(template: Template, id: string) {
  const { Resources } = template.toJSON();
  return Resources[id];
}

/** The properties of the only resource of this type. */
export function onlyOf(template: Template, type: string) {
  const [found, ...others] = Object.values(template.findResources(type));
  if (!found || others.length > 0) throw new Error(`There is not one ${type}.`);
  const { Properties } = found;
  return Properties;
}

/** The rule that calls a function, its target, and how Lambda treats such a call. */
export function calledByRule(template: Template, functionId: string) {
  const Arn = { 'Fn::GetAtt': [functionId, 'Arn'] };
  const one = (type: string, Properties: object) => {
    const [found] = Object.values(template.findResources(type, { Properties }));
    return found?.['Properties'];
  };
  const rule = one('AWS::Events::Rule', { Targets: [Match.objectLike({ Arn })] });
  return {
    rule,
    target: rule?.Targets[0],
    invocation: one('AWS::Lambda::EventInvokeConfig', { FunctionName: { Ref: functionId } }),
  };
}

const templates = new Map<string, Template>();

/** The template of a stage. It is made once in a process, for it takes a second: leave it as it is. */
export function stageTemplate(options: Partial<StageOptions> = {}): Template {
  const key = JSON.stringify(options);
  const template = templates.get(key) ?? Template.fromStack(stageStack(options));
  templates.set(key, template);
  return template;
}
