import type { AccessDocument } from '#shared/polar/access.ts';
import { organizationsWrite, type PolarEmailSettings } from '#shared/polar/api.ts';
import {
  PolarInvalid,
  PolarMissing,
  PolarRefused,
  PolarUnavailable,
} from '#shared/polar/api-error.ts';
import { type CustomerEmails, customerEmailsOf, switchOf } from '#shared/polar/customer-emails.ts';
import { actOn, type Connection, type ConnectionParts, type Tended } from './connection.ts';

const inPolar = 'in Polar, under Settings → Customer notifications';

/**
 * Whether the sign-in covers switching Polar's own mails. What a token covers only Polar knows, and a client of one's own
 * is asked for nothing here.
 */
export function coversSwitching({
  access,
  registration,
}: Pick<AccessDocument, 'access' | 'registration'>): boolean | undefined {
  if (access?.kind !== 'oauth' || registration?.clientId !== access.clientId) return undefined;
  // A later sign-in may have asked for less than its client could.
  const asked = access.scopes ?? registration.scopes ?? [];
  return asked.includes(organizationsWrite);
}

/**
 * What comes first for somebody who wants to switch Polar's mails off: nothing (`switch`), a sign-in with the scope, or,
 * of a token, a look at what it covers.
 */
export type FirstToSwitch = 'switch' | 'sign-in' | 'check-token';

/** `isCovered`: see `coversSwitching`. */
export function firstToSwitch(
  { method, emailsSwitchedOff = [] }: Pick<Connection, 'method' | 'emailsSwitchedOff'>,
  isCovered: boolean | undefined,
): FirstToSwitch {
  if (isCovered ?? emailsSwitchedOff.length > 0) return 'switch';
  return method === 'oauth' ? 'sign-in' : 'check-token';
}

/**
 * Switches some of Polar's own mails to customers off, reads back that they are, and notes that they are to be switched
 * on again when the connection ends. Safe to repeat. Throws a `PolarApiError`.
 */
export function switchEmailsOff(
  parts: ConnectionParts,
  connection: Connection,
  keys: readonly string[],
): Promise<Tended> {
  return actOn(parts, connection, (own) => switchInTurn(own, connection, keys, false));
}

/** Switches these mails on in Polar, whoever switched them off. Safe to repeat. Throws a `PolarApiError`. */
export function switchEmailsOn(
  parts: ConnectionParts,
  connection: Connection,
  keys: readonly string[],
): Promise<Tended> {
  return actOn(parts, connection, (own) => switchInTurn(own, connection, keys, true));
}

async function switchInTurn(
  parts: ConnectionParts,
  connection: Connection,
  keys: readonly string[],
  isOn: boolean,
): Promise<Tended> {
  const { api } = parts;
  const { organizationId } = connection;
  if (keys.length === 0) {
    const reason = 'No mail was named, so nothing was changed. Say which mails.';
    return { kind: 'unfinished', reason, error: undefined };
  }
  const settings = await api.emailSettings(organizationId);
  const unknown = keys.filter((key) => switchOf(customerEmailsOf(settings), key) === 'unknown');
  if (unknown.length > 0) {
    const reason = `Polar does not say whether it sends ${unknown.join(', ')}, so nothing was changed. Look at it ${inPolar}.`;
    return { kind: 'unfinished', reason, error: undefined };
  }
  // Noted first: whatever happens after it, disconnecting knows what was ours. One that Polar has off already is not, and
  // one that somebody has switched on in Polar is not any more.
  const before = (connection.emailsSwitchedOff ?? []).filter((key) => settings[key] !== true);
  const turned = keys.filter((key) => settings[key] === true);
  const noted = isOn ? connection : await note(parts, connection, union(before, turned));
  if (!noted) return overtaken;
  try {
    if (keys.some((key) => settings[key] !== isOn)) {
      await api.changeEmailSettings(organizationId, withSwitches(settings, keys, isOn));
    }
  } catch (error) {
    // A definite no: nothing of it is ours.
    if (!isOn && isRefusal(error)) await note(parts, noted, before);
    if (!isOn && error instanceof PolarUnavailable) {
      return afterOutage(parts, noted, { before, turned, error });
    }
    throw error;
  }
  const now = customerEmailsOf(await api.emailSettings(organizationId));
  const left = isOn ? before.filter((key) => !keys.includes(key)) : union(before, turned);
  if (!(await note(parts, noted, left, now))) return overtaken;
  const wrong = keys.filter((key) => now[key] !== isOn);
  if (wrong.length > 0) {
    const reason = `Polar took the change, but when asked again it still says that ${wrong.join(', ')} is not ${isOn ? 'on' : 'off'}. Look at it ${inPolar}.`;
    return { kind: 'unfinished', reason, error: undefined };
  }
  return { kind: 'done', done: doneWith(keys, isOn) };
}

/** Nobody knows yet whether Polar did it, and only what it has off now is ours. Throws where it did not. */
async function afterOutage(
  parts: ConnectionParts,
  noted: Connection,
  { before, turned, error }: Readonly<{ before: string[]; turned: string[]; error: unknown }>,
): Promise<Tended> {
  const settings = await parts.api.emailSettings(noted.organizationId).catch(() => undefined);
  const off = turned.filter((key) => settings?.[key] === false);
  const isDone = settings !== undefined && off.length === turned.length;
  const seen = isDone ? customerEmailsOf(settings) : undefined;
  if (!(await note(parts, noted, union(before, off), seen))) return overtaken;
  if (isDone) return { kind: 'done', done: doneWith(turned, false) };
  if (settings) throw error;
  const reason = `Polar did not answer, so it is not sure whether ${turned.join(', ')} was switched off. If it was, disconnecting does not switch it on again. Look at it ${inPolar}, and try again in a few minutes.`;
  return { kind: 'unfinished', reason, error };
}

function doneWith(keys: readonly string[], isOn: boolean): string[] {
  const state = isOn ? 'on' : 'off';
  const sentence = `Switched ${state} in Polar: ${keys.join(', ')}. Polar confirms that ${keys.length === 1 ? 'it is' : 'they are'} ${state}.`;
  return isOn ? [sentence] : [sentence, lasts, ...invoiceNote(keys)];
}

const lasts = 'Disconnecting switches on again what was switched off here.';

/** With these mails Polar sends the invoice as a PDF; with the switch off nothing makes it. */
const withInvoice: readonly string[] = [
  'order_confirmation',
  'subscription_confirmation',
  'subscription_cycled',
  'subscription_cycled_after_trial',
  'subscription_updated',
];

function invoiceNote(keys: readonly string[]): string[] {
  return keys.some((key) => withInvoice.includes(key))
    ? [
        'Polar attached the invoice to such a mail. From now on customers find it in the customer portal.',
      ]
    : [];
}

const overtaken: Tended = {
  kind: 'unfinished',
  reason: 'Somebody else changed the connection at the same moment. Look at it again.',
  error: undefined,
};

function withSwitches(
  settings: PolarEmailSettings,
  keys: readonly string[],
  isOn: boolean,
): PolarEmailSettings {
  return { ...settings, ...Object.fromEntries(keys.map((key) => [key, isOn])) };
}

function union(some: readonly string[], others: readonly string[]): string[] {
  return [...new Set([...some, ...others])];
}

function isRefusal(error: unknown): boolean {
  return (
    error instanceof PolarRefused || error instanceof PolarInvalid || error instanceof PolarMissing
  );
}

/** The connection with what is switched off by us and, where it was read, what Polar says of its switches. */
async function note(
  { connections, now }: ConnectionParts,
  connection: Connection,
  emailsSwitchedOff: readonly string[],
  switches?: CustomerEmails,
): Promise<Connection | undefined> {
  const next: Connection = {
    ...connection,
    version: connection.version + 1,
    emailsSwitchedOff: [...emailsSwitchedOff],
    ...(switches && { emails: { switches: { ...switches }, seenAt: now().toISOString() } }),
  };
  return (await connections.save(next, connection)) ? next : undefined;
}

/** Takes what Polar says of its own mails now for right, so that watch reports it as a change no more. */
export function acceptEmails(parts: ConnectionParts, connection: Connection): Promise<Tended> {
  return actOn(parts, connection, async (own) => {
    const now = customerEmailsOf(await own.api.emailSettings(connection.organizationId));
    const noted = await note(own, connection, connection.emailsSwitchedOff ?? [], now);
    if (!noted) return overtaken;
    const done = 'Noted which mails Polar sends itself. Watch reports it when that changes again.';
    return { kind: 'done', done: [done] };
  });
}

/**
 * Before a connection ends: switches on again what was switched off here and is still off. Gives sentences about
 * it. Throws `PolarUnavailable`, so that it can be tried again; where Polar refuses, a person has to do it.
 */
export async function restoreEmails(
  { api }: ConnectionParts,
  { organizationId, emailsSwitchedOff = [] }: Connection,
): Promise<string[]> {
  if (emailsSwitchedOff.length === 0) return [];
  try {
    const settings = await api.emailSettings(organizationId);
    const keys = emailsSwitchedOff.filter((key) => settings[key] === false);
    if (keys.length === 0) return [];
    await api.changeEmailSettings(organizationId, withSwitches(settings, keys, true));
    return [`Switched Polar's own mails on again: ${keys.join(', ')}.`];
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return [
      `Polar's own mails that were switched off here stay off, because Polar does not let this access change them: ${emailsSwitchedOff.join(', ')}. Switch them on ${inPolar}.`,
    ];
  }
}
