import { ImportRefused } from '#shared/audience/backfill/import.ts';
import type { ImportParts } from '#shared/audience/backfill/import-step.ts';
import { livingCustomers } from '#shared/store/audience/customer-scan.ts';
import { dynamoImports } from '#shared/store/import.ts';
import { dynamoConnection } from '#shared/store/polar/connection.ts';
import { InvalidSettings } from '#shared/store/settings/settings.ts';
import type { audienceOf } from './audience.ts';

type Wired = Pick<
  ReturnType<typeof audienceOf>,
  'db' | 'store' | 'settingsNow' | 'now' | 'newId' | 'pause'
> &
  Readonly<{ tables: Readonly<Record<'customers' | 'settings', string>> }> &
  Pick<ImportParts, 'apiOf'>;

/** What it takes to work on an import, for the console and for the function that carries it on. */
export function importPartsOf({ db, tables, settingsNow, ...wired }: Wired): ImportParts {
  return {
    ...wired,
    imports: dynamoImports(db, tables.settings),
    connection: dynamoConnection(db, tables.settings).read,
    living: () => livingCustomers(db, tables.customers),
    async settings() {
      try {
        return await settingsNow();
      } catch (error) {
        if (!(error instanceof InvalidSettings)) throw error;
        throw new ImportRefused(`${error.message} Fix the settings, then continue.`, {
          cause: error,
        });
      }
    },
  };
}
