/** The limits that Lambda's own start script sets for Node, from the memory of the function; none where it has none. */
export function heapLimits(environment: Readonly<Record<string, string>>): string[] {
  const memoryMb = Number(environment['AWS_LAMBDA_FUNCTION_MEMORY_SIZE']);
  if (!Number.isFinite(memoryMb)) return [];
  const newSpaceMb = Math.floor(memoryMb / 10);
  return [
    `--max-semi-space-size=${Math.floor(newSpaceMb / 2)}`,
    `--max-old-space-size=${memoryMb - newSpaceMb}`,
  ];
}

/** The account and region that local resources pretend to be in: the ones that the emulators use. */
export const localRegion = 'us-east-1';
export const localAccount = '000000000000';

/** Whom local mail is from. */
export const localMailFrom = 'Example Shop <hello@example.com>';

/** What an SDK client needs to talk to a local stand-in. The credentials open nothing anywhere. */
export function localClientConfig(endpoint: string) {
  return {
    endpoint,
    region: localRegion,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
}

/** Whether a host name or address, with or without IPv6 brackets, can only mean this machine. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}
