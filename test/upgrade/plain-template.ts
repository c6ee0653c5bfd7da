/** A template without what changes with every bundle, and without what only fills the page. */
export function plainTemplate(document: unknown): unknown {
  return JSON.parse(JSON.stringify(document, leftOut));
}

const wordy = ['DashboardBody', 'AlarmDescription', 'Metadata', 'Tags'];

function leftOut(name: string, value: unknown): unknown {
  if (wordy.includes(name)) return undefined;
  return name === 'S3Key' ? 'a bundle' : value;
}
