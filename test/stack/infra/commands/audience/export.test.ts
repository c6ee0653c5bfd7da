import {
  chmod,
  lstat,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportContacts, intoFile, json } from '#infra/commands/audience/export.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import type { Contact } from '#shared/audience/person/person.ts';
import { type ContactList, dynamoContactList } from '#shared/store/audience/contact-search.ts';
import { startAudience } from '#test/support/audience/audience-at-work.ts';
import { putContacts } from '#test/support/audience/many-contacts.ts';

let audience: Awaited<ReturnType<typeof startAudience>>;
let list: ContactList;
beforeAll(async () => {
  audience = await startAudience();
  list = dynamoContactList(audience.db, audience.tableOf('Contacts'));
  const rows = Array.from({ length: 2_500 }, (_, nth): Contact => {
    const email = normalisedEmail(`c${nth}@example.com`);
    return {
      email,
      address: email,
      contactId: `contact-${nth}`,
      createdAt: new Date(Date.UTC(2026, 9, 1) + nth * 1_000).toISOString(),
      updatedAt: '2026-10-01T00:00:00.000Z',
      source: 'Polar webhook',
      consent: {},
      subscribed: nth % 5 > 0,
      userGroup: nth % 2 === 0 ? 'Even' : 'Odd',
    };
  });
  await putContacts(audience.db, audience.tableOf('Contacts'), rows);
});
afterAll(() => audience.stop());

const noProgress = () => {};

describe('npm run audience -- export', () => {
  it.each([
    [{}, 2_500],
    [{ group: 'Even' }, 1_250],
    [{ isSubscribed: false }, 500],
    [{ group: 'Odd', isSubscribed: true }, 1_000],
    [{ group: 'Nobody' }, 0],
  ])('of %j writes each contact once', async (filter, number) => {
    const output = new PassThrough();
    const [written, file] = await Promise.all([
      exportContacts(list, filter, output, noProgress).then((count) => {
        output.end();
        return count;
      }),
      text(output),
    ]);
    const [head, ...lines] = file.split('\r\n').slice(0, -1);
    expect(head).toContain('"email"');
    expect(written).toBe(number);
    expect(new Set(lines).size).toBe(number);
  });

  it.each([{}, { group: 'Nobody' }])('of %j is one document for a program', async (filter) => {
    const output = new PassThrough();
    const [written, file] = await Promise.all([
      exportContacts(list, filter, output, noProgress, json).finally(() => output.end()),
      text(output),
    ]);
    const { contacts } = JSON.parse(file);
    expect(contacts).toHaveLength(written);
    if (written > 0) {
      expect(Object.keys(contacts[0])).toEqual([
        ...['email', 'firstName', 'lastName', 'externalId', 'userGroup', 'subscribed'],
        ...['createdAt', 'updatedAt', 'source', 'contactId', 'customerId'],
      ]);
    }
  });

  it('reads no page before the one before it was taken', async () => {
    let pages = 0;
    const counted: ContactList = {
      page: (...given) => {
        pages += 1;
        return list.page(...given);
      },
    };
    const stuck = new Writable({ highWaterMark: 1, write: () => {} });
    const written = exportContacts(counted, {}, stuck, noProgress);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(pages).toBeLessThanOrEqual(1);
    stuck.destroy();
    await expect(written).rejects.toThrow();
  });

  it('fails when the tables cannot be read to the end', async () => {
    let pages = 0;
    const failing: ContactList = {
      page: (...given) => {
        pages += 1;
        if (pages === 2) throw new Error('DynamoDB is down.');
        return list.page(...given);
      },
    };
    const output = new PassThrough().resume();
    await expect(exportContacts(failing, {}, output, noProgress)).rejects.toThrow('is down');
  });
});

describe('a file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'audience-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('has its name once it is whole, for its owner only', async () => {
    const file = join(folder, 'whole.csv');
    await intoFile(file, (to) => exportContacts(list, {}, to, noProgress));
    expect((await readFile(file, 'utf8')).split('\r\n')).toHaveLength(2_502);
    expect((await stat(file)).mode & 0o077).toBe(0);
  });

  it('is a new one, whatever an earlier run or somebody else has left in its place', async () => {
    const [file, other] = [join(folder, 'again.csv'), join(folder, 'other')];
    await writeFile(other, 'not ours', { mode: 0o644 });
    await symlink(other, `${file}.part`);
    await intoFile(file, async (to) => void to.write('first'));
    expect(await readFile(other, 'utf8')).toBe('not ours');
    expect((await lstat(file)).isSymbolicLink()).toBe(false);
    await writeFile(`${file}.part`, 'of an interrupted run');
    await chmod(`${file}.part`, 0o666);
    await intoFile(file, async (to) => void to.write('second'));
    expect(await readFile(file, 'utf8')).toBe('second');
    expect((await stat(file)).mode & 0o077).toBe(0);
  });

  it('is not there at all when it could not be finished', async () => {
    const failed = intoFile(join(folder, 'half.csv'), async (to) => {
      // Long enough to be still under way when the reading fails.
      to.write(Buffer.alloc(8 * 1024 * 1024));
      throw new Error('DynamoDB is down.');
    });
    await expect(failed).rejects.toThrow('is down');
    expect((await readdir(folder)).filter((name) => name.startsWith('half'))).toEqual([]);
  });

  it('cannot be where it may not be written', async () => {
    const file = join(folder, 'missing', 'x.csv');
    await expect(intoFile(file, (to) => exportContacts(list, {}, to, noProgress))).rejects.toThrow(
      'ENOENT',
    );
  });
});
