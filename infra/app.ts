import { App, Validations } from 'aws-cdk-lib';
import { readStageOptions } from '#infra/constructs/stage-options.ts';
import cdkJson from '../cdk.json' with { type: 'json' };
import { PolarAudienceStack } from './polar-audience-stack.ts';

// The flags are given here too, so that the template is the same without the CDK's command line.
const app = new App({ context: cdkJson.context });
const read = readStageOptions((name) => app.node.tryGetContext(name));
if (read.kind === 'refused') {
  console.error(read.reason);
  process.exit(1);
}

new PolarAudienceStack(app, `PolarAudience-${read.options.stage}`, read.options);

// To load its rules and to follow them takes a second, which the local stack and the tests do without.
if (process.env['CDK_VALIDATION'] !== 'false') {
  const { AwsSolutionsChecks } = await import('cdk-nag');
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}
