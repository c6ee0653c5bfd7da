import { Match, type Template } from 'aws-cdk-lib/assertions';

const anything = Match.anyValue();

/** By which environment variables each function is known. */
const telling = {
  ingest: { WEBHOOK_SECRET_ID: anything, POLAR_ACCESS_ID: Match.absent() },
  worker: {
    RETENTION_DAYS: anything,
    POLAR_ACCESS_ID: Match.absent(),
    COUNTS_TABLE: Match.absent(),
  },
  mailer: { MAILS_PER_SECOND: anything },
  feedback: { FEEDBACK_QUEUE_URL: anything, POLAR_ACCESS_ID: Match.absent() },
  unsubscribe: {
    SUPPRESSION_KEY_ID: anything,
    FAILURES_TABLE: Match.absent(),
    POLAR_ACCESS_ID: Match.absent(),
  },
  console: { POLAR_ACCESS_ID: anything, COUNTS_TABLE: anything },
  importer: { STEP_SECONDS: anything },
  clock: { MOST_EMAILS: anything },
  rollup: { COUNTS_TABLE: anything, POLAR_ACCESS_ID: Match.absent() },
  watch: { POLAR_ACCESS_ID: anything, CONTACTS_TABLE: Match.absent() },
};

export type FunctionName = keyof typeof telling;

/** The function in the template that is known by its environment. */
export function lambdaOf(template: Template, name: FunctionName) {
  const found = template.findResources('AWS::Lambda::Function', {
    Properties: { Environment: { Variables: Match.objectLike(telling[name]) } },
  });
  const [entry, ...others] = Object.entries(found);
  if (!entry || others.length > 0) throw new Error(`There is not one function ${name}.`);
  const [id, { Properties: properties }] = entry;
  return { id, properties };
}
