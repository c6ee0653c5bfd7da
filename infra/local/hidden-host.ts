import { randomInt } from 'node:crypto';

/**
 * An address of this machine that only those know who are told: one of sixteen million, too many for a
 * web page to try. macOS has 127.0.0.1 alone; there only the port is unknown.
 */
export function hiddenHost(platform: string = process.platform): string {
  if (platform === 'darwin') return '127.0.0.1';
  return `127.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}`;
}
