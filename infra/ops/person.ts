import { userInfo } from 'node:os';

/** Who runs the command, as far as this machine knows. */
export function person(): string {
  try {
    return userInfo().username;
  } catch {
    return 'an engineer';
  }
}
