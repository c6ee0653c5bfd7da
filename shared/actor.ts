/** Who did it where there is no IAM: somebody on this machine. */
export const localActor = 'local';

/** What versions before this one called whoever used the console of a laptop. */
const localConsole = 'the local console';

const assumedRole =
  /^arn:[^:]+:sts::\d+:assumed-role\/(?:AWSReservedSSO_)?(.+?)(?:_[0-9a-f]{16})?\/([^/]+)$/;
const user = /^arn:[^:]+:iam::\d+:user\/(?:.+\/)?([^/]+)$/;
const root = /^arn:[^:]+:iam::\d+:root$/;

/**
 * Who did something, as people read it everywhere: of an ARN the name of the person, with the role. Whoever is no person
 * of ours, such as SES or the recipient, is called as in the row.
 */
export function actorName(by: string): string {
  if (by === localActor || by === localConsole) return 'a local user';
  const [, role, session] = assumedRole.exec(by) ?? [];
  if (session !== undefined) return `${session} (${role})`;
  return root.test(by) ? 'the root user' : (user.exec(by)?.[1] ?? by);
}
