import type { Account } from '#test/prove/account.ts';
import type { FaultKind } from '#test/prove/fault-proxy.ts';
import type { ShiftedClock } from './shifted-clock.ts';

export type Stage = Readonly<{
  account: Account;
  clock: ShiftedClock;
  /** When the proof began. */
  since: Date;
  kinds: readonly FaultKind[];
  /** Whether of several reads in a row by the same operation only the first goes wrong; absent: each does. */
  skipsRepeats?: boolean;
  /** Whether whoever takes over from a killed function is killed as well. */
  pairs: boolean;
  /** Who of those who see to an email is disturbed while SES is in this mood; absent: both, whatever it does. */
  isDisturbed?: (who: 'mailer' | 'clock', mood: string) => boolean;
  /** Told each failure when it is found, so that a proof that is stopped has still said it. */
  onFailure?: (failure: string) => void;
}>;
