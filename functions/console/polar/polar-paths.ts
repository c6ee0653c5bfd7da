export const home = '/console/polar';

export const pathsOfConnecting = {
  signIn: `${home}/sign-in`,
  cancel: `${home}/sign-in/cancel`,
  token: `${home}/token`,
  organization: `${home}/organization`,
} as const;

export const pathsOfTending = {
  enable: `${home}/enable`,
  repair: `${home}/repair`,
  redeliver: `${home}/redeliver`,
  rotate: `${home}/rotate`,
  disconnect: `${home}/disconnect`,
} as const;

export const settingsPath = `${home}/settings`;
