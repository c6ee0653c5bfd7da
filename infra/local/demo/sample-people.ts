import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { Person } from '#shared/polar/sample/sample-customer.ts';
import { sampleCustomerId } from '#shared/polar/sample/sample-values.ts';

const peopleSchema = z.record(
  z.string(),
  z.object({
    name: z.string(),
    externalId: z.nullable(z.string()),
    /** How many customers have had the address: each deletion makes room for another one. */
    life: z.int().check(z.gte(1)),
  }),
);
type People = z.infer<typeof peopleSchema>;

type Who = Readonly<{ email: string; name: string | undefined; externalId: string | undefined }>;

const nameOfNobody = 'Ada Lovelace';

/**
 * Whom `npm run polar` has made up, kept in a file: what is not said of somebody is as it was before, and whoever was
 * deleted comes back as another customer, as in Polar. An unreadable file is one without anybody.
 */
export async function samplePeople(directory: string) {
  const file = join(directory, 'sample-people.json');
  const people = await read(file);
  const known = (email: string) => people[email.toLowerCase()];
  return {
    personOf({ email, name, externalId }: Who): Omit<Person, 'isNew'> {
      const before = known(email);
      return {
        customerId: sampleCustomerId(email, before?.life),
        email,
        name: name ?? before?.name ?? nameOfNobody,
        externalId: externalId ?? before?.externalId ?? null,
      };
    },

    /** Once an event about them was accepted. */
    async told({ email, name, externalId }: Omit<Person, 'isNew'>, isDeleted: boolean) {
      const life = known(email)?.life ?? 1;
      people[email.toLowerCase()] = { name, externalId, life: isDeleted ? life + 1 : life };
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await writeFile(file, JSON.stringify(people), { mode: 0o600 });
    },
  };
}

async function read(file: string): Promise<People> {
  try {
    return peopleSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return {};
  }
}
