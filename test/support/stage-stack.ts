import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { StageOptions } from '#infra/constructs/stage-options.ts';
import { PolarAudienceStack } from '#infra/polar-audience-stack.ts';
import cdkJson from '../../cdk.json' with { type: 'json' };

/** The stack of a stage, made with the flags of the real app but without its bundles. */
export function stageStack(options: Partial<StageOptions> = {}): PolarAudienceStack {
  const app = new App({
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
    mailsPerSecond: 1,
    sandboxRecipients: [],
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

export function stageTemplate(options: Partial<StageOptions> = {}): Template {
  return Template.fromStack(stageStack(options));
}
