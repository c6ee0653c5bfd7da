import { App, Validations } from 'aws-cdk-lib';
import { readStageOptions } from '#infra/constructs/stage-options.ts';
import cdkJson from '../cdk.json' with { type: 'json' };
import { PolarAudienceStack } from './polar-audience-stack.ts';

// The flags are given here too, so that the template is the same without the CDK's command line.
const app = new App({ context: cdkJson.context });
const read = readStageOptions(app.node.getAllContext());
if (read.kind === 'refused') {
  console.error(read.reason);
  process.exit(1);
}
// `npm start` makes it without the CDK's command line.
if (read.options.stage === 'local' && process.env['CDK_CLI_VERSION'] !== undefined) {
  console.error(
    'The stage local is the one on a laptop: nothing keeps its tables from being deleted. Deploy under another name, such as -c stage=dev.',
  );
  process.exit(1);
}

new PolarAudienceStack(app, `PolarAudience-${read.options.stage}`, read.options);

// To load its rules and to follow them takes a second, which the local stack and the tests do without.
if (process.env['CDK_VALIDATION'] !== 'false') {
  const { AwsSolutionsChecks } = await import('cdk-nag');
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}
