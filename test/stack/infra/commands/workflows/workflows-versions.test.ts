import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Advice } from '#infra/terminal/advice.ts';
import { type EditedFile, fileToEdit } from '#infra/terminal/editor.ts';
import { firstSend } from '#shared/audience/workflow.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { workflowsAtWork } from './workflow-commands-at-work.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let at: Awaited<ReturnType<typeof workflowsAtWork>>;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  at = await workflowsAtWork(dynamo.client);
  await at.does().add('receipt');
});

/** A program that is an editor: it changes the text in the file that it is called with. */
async function editor(...edits: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'editor-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const script = join(folder, 'editor.cjs');
  const files: EditedFile[] = [];
  onTestFinished(async () => {
    for (const { remove } of files) await remove();
  });
  return {
    files,
    fileToEdit: async (name: string, text: string) => {
      const variables = { EDITOR: `"${process.execPath}" "${script}"` };
      const file = await fileToEdit(name, text, variables);
      files.push(file);
      let opened = 0;
      const edit = async () => {
        const change = edits[opened++] ?? 'text';
        await writeFile(
          script,
          `const fs = require('node:fs'); const [path] = process.argv.slice(2);
           const text = fs.readFileSync(path, 'utf8'); fs.writeFileSync(path, ${change});`,
        );
        return file.edit();
      };
      return { ...file, edit };
    },
  };
}

const renamed = (name: string) => `text.replace('name: Receipt', 'name: ${name}')`;

describe('npm run workflows -- edit', () => {
  it('saves what the editor leaves, body and all, as the next version', async () => {
    const before = await at.only();
    const body = before && firstSend(before).email.body;
    const desk = await editor(
      `${renamed('Bill')} + '\\nSee you soon.\\n\\n---\\n\\nPS: thanks.\\n'`,
    );
    await at.does(desk).edit('receipt');
    expect(await at.only()).toMatchObject({
      version: 2,
      name: 'Bill',
      steps: [{ email: { body: `${body}\n\nSee you soon.\n\n---\n\nPS: thanks.` } }],
    });
    expect(at.printed).toContain('receipt-t1 is saved as version 2; it is draft.');
    expect(desk.files.map(({ path }) => existsSync(path))).toEqual([false]);
  });

  it('takes steps in and out of a sequence, and shows it whole', async () => {
    await at.does().remove('receipt', true);
    await at.does().add('dunning');
    const desk = await editor(
      `text.replace('for: 6 days', 'for: 5 days').replace(/  - wait: wait-1\\n.*\\n/, '')`,
    );
    await at.does(desk).edit('dunning');
    const saved = await at.only();
    expect(saved?.version).toBe(2);
    expect(saved?.steps.map(({ id }) => id)).not.toContain('wait-1');
    expect(saved?.steps.at(-2)).toEqual({ kind: 'wait', id: 'wait-4', for: { hours: 120 } });
    await at.does().history('dunning');
    expect(at.output()).toMatch(/^2 .* wait-1, wait-4, steps$/m);
    await at.does().show('dunning');
    expect(at.output()).toMatch(/^ends when +subscription\.status is not past_due$/m);
    expect(at.output()).toMatch(/^8 +day-20 +send: Your subscription is about to end$/m);
    expect(at.output()).toMatch(/^7 +wait-4 +wait: 5 days$/m);
    expect(at.output()).toContain('\nday-14\n  kind ');
  });

  it('changes nothing where the editor changed nothing', async () => {
    const before = await at.only();
    const desk = await editor('text');
    await at.does(desk).edit('receipt');
    expect(await at.only()).toEqual(before);
    expect(at.printed.at(-1)).toBe('Nothing was changed.');
  });

  it('says what is wrong, and goes on with what was typed', async () => {
    const desk = await editor(
      `text.replace('kind:', 'knd:')`,
      `'{' + text`,
      `text.slice(1).replace('knd:', 'kind:').replace('Receipt', 'Bill')`,
    );
    const asked: string[] = [];
    const confirmed = async (question: string) => asked.push(question) > 0;
    await at.does({ ...desk, confirmed }).edit('receipt');
    expect(asked).toEqual(['Edit it again?', 'Edit it again?']);
    expect(at.output()).toMatch(/It cannot be saved\. .*email has no knd/);
    expect(at.output()).toMatch(/It must begin with YAML between two lines of ---/);
    expect(await at.only()).toMatchObject({ version: 2, name: 'Bill' });
  });

  it('keeps the text of a person who gives up', async () => {
    const desk = await editor(`text.replace('kind:', 'knd:')`);
    await expect(at.does(desk).edit('receipt')).rejects.toThrow(
      /^Nothing was saved\. Your text is/,
    );
    const [file] = desk.files;
    expect(await readFile(file?.path ?? '', 'utf8')).toContain('knd:');
    expect(await at.only()).toMatchObject({ version: 1 });
  });

  it('does not overwrite what someone else saved meanwhile, and keeps the text', async () => {
    const desk = await editor(renamed('Mine'));
    const seen = await at.only();
    if (!seen) throw new Error('Nothing was saved.');
    const slow = async (name: string, text: string) => {
      await at.workflows.save({ ...seen, version: 2, name: 'Theirs' });
      return desk.fileToEdit(name, text);
    };
    await expect(at.does({ fileToEdit: slow }).edit('receipt')).rejects.toThrow(
      /^Someone else changed it meanwhile, so nothing was saved\..* Your text is in /,
    );
    expect(await at.only()).toMatchObject({ version: 2, name: 'Theirs' });
    const [file] = desk.files;
    expect(await readFile(file?.path ?? '', 'utf8')).toContain('Mine');
  });

  it('saves nothing where the editor fails', async () => {
    const failing = (name: string, text: string) => fileToEdit(name, text, { EDITOR: 'exit 3; :' });
    const failed = at.does({ fileToEdit: failing }).edit('receipt');
    await expect(failed).rejects.toThrow(/^The editor "exit 3; :" exited with 3, so nothing/);
    const message = await failed.catch(String);
    const [, path = ''] = /Your text is in (.+)\.$/.exec(String(message)) ?? [];
    await rm(dirname(path), { recursive: true });
    expect(await at.only()).toMatchObject({ version: 1 });
  });
});

describe('the versions of a workflow', () => {
  const edit = async (name: string, id = 'receipt') =>
    at.does(await editor(`text.replace(/name: .*/, 'name: ${name}')`)).edit(id);

  it('are listed with what changed, and none of them is a workflow', async () => {
    await at.does().activate('receipt');
    await edit('Bill');
    at.printed.length = 0;
    await at.does().history('receipt');
    expect(at.printed.slice(0, 4).map((line) => line.replace(/ {2,}/g, '  '))).toEqual([
      'VERSION  SAVED  STATUS  NAME  CHANGED',
      '3  2026-11-23T12:00:00.000Z  active  Bill  name',
      '2  2026-11-23T12:00:00.000Z  active  Receipt  status',
      '1  2026-11-23T12:00:00.000Z  draft  Receipt  new',
    ]);
    expect(at.printed.at(-1)).toBe('  npm run workflows -- restore receipt 2 --stage test');
    expect(await at.only()).toMatchObject({ version: 3 });
  });

  it('are one document for a program', async () => {
    await edit('Bill');
    const found: object[] = [];
    await at.does({ document: (one) => void found.push(one) }).history('receipt');
    const savedAt = '2026-11-23T12:00:00.000Z';
    expect(found).toEqual([
      {
        workflowId: 'receipt-t1',
        isRemoved: false,
        versions: [
          { version: 2, savedAt, status: 'draft', name: 'Bill', changed: ['name'] },
          { version: 1, savedAt, status: 'draft', name: 'Receipt', changed: [] },
        ],
      },
    ]);
  });

  it('begin where 0.1.0 left off, which kept none', async () => {
    const workflow = await at.only();
    const Item = { ...workflow, version: 5 };
    const db = documentClient(dynamo.client);
    await db.send(new PutCommand({ TableName: at.tableOf('Workflows'), Item }));
    await edit('Bill');
    at.printed.length = 0;
    await at.does().history('receipt');
    expect(at.printed[1]).toMatch(/^6 .* name$/);
    expect(at.printed[2]).toMatch(/^5 .* not known: the one before was not kept$/);
    await at.does().restore('receipt', 5);
    expect(await at.only()).toMatchObject({ version: 7, name: 'Receipt' });
  });

  it('come back as a new version, and an active one stays active', async () => {
    await edit('Bill');
    await at.does().activate('receipt');
    await at.does().restore('receipt', 1);
    expect(await at.only()).toMatchObject({ version: 4, name: 'Receipt', status: 'active' });
    await at.does().restore('receipt', 1);
    expect(at.printed.at(-1)).toBe('Nothing was changed.');
    await expect(at.does().restore('receipt', 9)).rejects.toThrow(/^No version 9 of it is kept/);
    await expect(at.does().restore('welcome', 1)).rejects.toThrow(/^There is no workflow welcome/);
  });

  it('can be read in full, also after it was removed', async () => {
    await edit('Bill');
    await at.does().remove('receipt', true);
    at.printed.length = 0;
    await at.does().show('receipt-t1', 1);
    expect(at.output()).toMatch(/^name +Receipt$/m);
    await at.does().history('receipt-t1');
    expect(at.output()).toMatch(/^2 .*Bill/m);
  });

  it('that two people save at once are kept once, and one of them is told', async () => {
    const seen = await at.only();
    if (!seen) throw new Error('Nothing was saved.');
    const saves = ['A', 'B'].map((name) => at.workflows.save({ ...seen, version: 2, name }));
    expect((await Promise.all(saves)).sort()).toEqual([false, true]);
    expect(await at.workflows.versions('receipt-t1')).toHaveLength(2);
    expect(await at.workflows.remove(seen)).toBe(false);
    expect(await at.workflows.remove({ ...seen, version: 2 })).toBe(true);
    expect(await at.workflows.remove(seen)).toBe(true);
  });
});

describe('a version that takes steps away at which people wait', () => {
  const waitingAt = async (_: string, stepId: string) => (stepId === 'wait-1' ? 100 : 0);
  const noTerminal = async (question: string) => {
    throw new Advice(`${question} There's no terminal to answer in. Pass --yes.`);
  };
  /** Version 1 has no waits; version 2 has them. */
  async function withoutWaits() {
    await at.does().add('dunning');
    const dunning = (await at.workflows.all()).find(
      ({ workflowId }) => workflowId === 'dunning-t1',
    );
    if (!dunning) throw new Error('There is no dunning.');
    const plain = { ...dunning, version: 2, steps: dunning.steps.slice(0, 1) };
    await at.workflows.save(plain);
    await at.workflows.save({ ...dunning, version: 3 });
    at.printed.length = 0;
  }
  const version = async () => (await at.workflows.find('dunning-t1'))?.version;

  it('is put back only once somebody agrees to stop them', async () => {
    await withoutWaits();
    const asked: string[] = [];
    const answer = (isYes: boolean) => async (question: string) => {
      asked.push(question);
      return isYes;
    };
    await at.does({ waitingAt, confirmed: answer(false) }).restore('dunning', 2);
    expect(asked).toEqual([
      'People wait at steps of dunning-t1 that this takes away, and would get nothing more of it: 100+ at wait-1. Save it, and stop them?',
    ]);
    expect(at.output()).toContain('Nothing was saved.');
    expect(await version()).toBe(3);
    await at.does({ waitingAt, confirmed: answer(true) }).restore('dunning', 2);
    expect(await version()).toBe(4);
  });

  it('is refused where nobody can answer, with the command that agrees', async () => {
    await withoutWaits();
    const refused = at.does({ waitingAt, confirmed: noTerminal }).restore('dunning', 2);
    await expect(refused).rejects.toThrow(
      /100\+ at wait-1\. Nothing was saved\..*\n {2}npm run workflows -- restore dunning 2 --stop-waiting --stage test$/,
    );
    expect(await version()).toBe(3);
    await at.does({ waitingAt, confirmed: noTerminal }).restore('dunning', 2, true);
    expect(await version()).toBe(4);
  });

  it('is not saved from an editor without a yes, and the text is kept', async () => {
    await withoutWaits();
    const waits = "text.replace(/wait-1/g, 'wait-other')";
    const desk = await editor(waits);
    const edited = at.does({ waitingAt, confirmed: noTerminal, fileToEdit: desk.fileToEdit });
    await expect(edited.edit('dunning')).rejects.toThrow(
      /Nothing was saved\. Your text is in .*\n {2}npm run workflows -- edit dunning --stop-waiting --stage test$/s,
    );
    expect(await version()).toBe(3);
    const sure = await editor(waits);
    await at
      .does({ waitingAt, confirmed: noTerminal, fileToEdit: sure.fileToEdit })
      .edit('dunning', true);
    expect(await version()).toBe(4);
  });
});
