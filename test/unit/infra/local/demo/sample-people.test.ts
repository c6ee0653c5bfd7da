import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { samplePeople } from '#infra/local/demo/sample-people.ts';
import { isSampleCustomer } from '#shared/polar/sample/sample-values.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'polar-audience-people-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const email = 'grace@example.com';
const unsaid = { email, name: undefined, externalId: undefined };

it('keeps the name and the external id that somebody was given, until another is given', async () => {
  const first = await samplePeople(directory);
  expect(first.personOf(unsaid)).toMatchObject({ name: 'Ada Lovelace', externalId: null });
  const grace = first.personOf({ email, name: 'Grace Hopper', externalId: 'user_1' });
  await first.told(grace, false);
  const next = await samplePeople(directory);
  expect(next.personOf(unsaid)).toEqual(grace);
  expect(next.personOf({ ...unsaid, email: 'Grace@Example.com' })).toMatchObject({
    ...{ name: 'Grace Hopper', customerId: grace.customerId, email: 'Grace@Example.com' },
  });
  expect(next.personOf({ ...unsaid, name: 'Grace' })).toMatchObject({ name: 'Grace' });
  expect(next.personOf({ ...unsaid, email: 'ada@example.com' }).name).toBe('Ada Lovelace');
});

it('makes another customer of whoever was deleted, who is made up just as well', async () => {
  const people = await samplePeople(directory);
  const ids = new Set<string>();
  for (let life = 1; life <= 3; life++) {
    const person = (await samplePeople(directory)).personOf(unsaid);
    expect(isSampleCustomer(person.customerId, [email])).toBe(true);
    ids.add(person.customerId);
    await people.told(person, true);
  }
  expect(ids.size).toBe(3);
  expect(isSampleCustomer([...ids][1] ?? '', ['ada@example.com'])).toBe(false);
});

it('begins with nobody where the file cannot be read', async () => {
  await writeFile(join(directory, 'sample-people.json'), '{');
  expect((await samplePeople(directory)).personOf(unsaid).name).toBe('Ada Lovelace');
});
