import { spawn } from 'node:child_process';

/** Shows a page in the person's browser, if this machine has one; otherwise does nothing. */
export function openBrowser(url: string, platform: string = process.platform): void {
  const [command, ...args] = browserCommand(url, platform);
  const child = spawn(command, args, { stdio: 'ignore', detached: true, windowsHide: true });
  child.on('error', () => {});
  child.unref();
}

/** No shell reads the URL. */
export function browserCommand(url: string, platform: string): [string, ...string[]] {
  if (platform === 'darwin') return ['open', url];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', url];
  return ['xdg-open', url];
}
