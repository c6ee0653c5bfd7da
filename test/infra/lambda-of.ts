import { Match, type Template } from 'aws-cdk-lib/assertions';

const telling = { ingest: 'WEBHOOK_SECRET_ID', worker: 'RETENTION_DAYS' };

/** The function in the template that has the environment variable which only this one has. */
export function lambdaOf(template: Template, name: keyof typeof telling) {
  const found = template.findResources('AWS::Lambda::Function', {
    Properties: {
      Environment: { Variables: Match.objectLike({ [telling[name]]: Match.anyValue() }) },
    },
  });
  const [entry, ...others] = Object.entries(found);
  if (!entry || others.length > 0) throw new Error(`There is not one function ${name}.`);
  const [id, { Properties: properties }] = entry;
  return { id, properties };
}
