/** The account and region that local resources pretend to be in: the ones that the emulators use. */
export const localRegion = 'us-east-1';
export const localAccount = '000000000000';

/** Whom local mail is from. */
export const localMailFrom = 'Polar Audience <hello@example.com>';

/** What an SDK client needs to talk to a local stand-in. The credentials open nothing anywhere. */
export function localClientConfig(endpoint: string) {
  return {
    endpoint,
    region: localRegion,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
}
