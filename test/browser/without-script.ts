import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { GetCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '#infra/local/local-stack.ts';
import { documentClient } from '#shared/store/dynamo.ts';

type Walk = Readonly<{
  browser: Browser;
  stack: LocalStack;
  /** Somebody signs up in Polar. */
  signUp: () => void;
}>;

/** Everything one does in the console, in a browser that runs no script. */
export function walkWithoutScript(at: () => Walk): void {
  describe('without JavaScript', () => {
    let context: BrowserContext;
    let page: Page;
    const open = (path: string) => page.goto(`${at().stack.consoleUrl}${path}`);
    const press = (name: string | RegExp) => page.getByRole('button', { name }).first().click();
    const follow = (name: string | RegExp) => page.getByRole('link', { name }).first().click();
    const fill = (label: string | RegExp, text: string) =>
      page.getByLabel(label).first().fill(text);
    const said = () => page.getByRole('status').last().innerText();
    const shown = () => page.locator('main').innerText();

    beforeAll(async () => {
      context = await at().browser.newContext({ javaScriptEnabled: false });
      page = await context.newPage();
      page.setDefaultTimeout(20_000);
    });
    afterAll(() => context?.close());

    it('a contact is added, edited, unsubscribed and subscribed again', async () => {
      await open('/audience/add');
      await fill(/^(Email )?[Aa]ddress/, 'plain@example.com');
      await fill('First name', 'Plain');
      await press(/^Add/);
      expect(await shown()).toContain('plain@example.com');
      await follow(/^Edit/);
      await fill('First name', 'Plainer');
      await press('Save');
      expect(await said()).toBe('The contact was edited.');
      await press('Unsubscribe');
      expect(await said()).toBe('The contact was unsubscribed.');
      await press('Undo the unsubscribe');
      expect(await shown()).toContain('Gets receipts and marketing');
    });

    it('a workflow is made with steps, previewed, activated, paused and removed', async () => {
      await open('/workflows/new');
      await press(/^Start with Receipt/);
      await page.getByRole('button', { name: 'Add a wait' }).last().click();
      await page.getByRole('button', { name: 'Add an email' }).last().click();
      await page.getByLabel('Subject').last().fill('How is it going?');
      await press('Add a condition');
      await press(/^Remove condition/);
      await press(/^Preview$/);
      expect(await shown()).toContain('How is it going?');
      await press('Save');
      expect(await said()).toContain('Saved as version 2');
      const workflow = new URL(page.url()).pathname.replace('/console', '');
      await press('Activate');
      expect(await said()).toMatch(/active/i);
      await press('Pause');
      expect(await shown()).toContain('paused');
      await follow('Remove');
      await press(/^Remove/);
      await open(workflow);
      expect(await shown()).toContain('removed');
    });

    it('customers are imported after a look', async () => {
      at().signUp();
      await open('/polar/import');
      await press('Preview import');
      await press(/^(Import \d|Import subscriptions|Update )/);
      await expect
        .poll(
          async () => {
            await page.reload();
            return shown();
          },
          { timeout: 60_000 },
        )
        .toContain('Import done');
    });

    it('all mail is held and released', async () => {
      await open('/emails');
      await fill('Why', 'A test');
      await press('Hold all mail');
      expect(await shown()).toContain('All mail is held');
      await press('Release all mail');
      expect(await said()).toContain('All mail is released');
    });

    it('an email whose fate nobody knows is settled', async () => {
      const { stack } = at();
      const db = documentClient(new DynamoDBClient(stack.clientConfigs.dynamodb));
      const TableName = stack.tables['Emails'];
      const ledgerKey = 'f'.repeat(64);
      const [workflowId, now] = ['welcome', new Date().toISOString()];
      const some = new ScanCommand({ TableName: stack.tables['Events'], Limit: 1 });
      const [{ webhookId, customerId } = {}] = (await db.send(some)).Items ?? [];
      const lost = {
        ...{ ledgerKey, workflowId, workflowVersion: 1, webhookId, customerId },
        ...{ state: 'unknown', reason: 'SES did not answer.', attempts: 1 },
        ...{ createdAt: now, updatedAt: now, workflowShard: `0#${workflowId}` },
        ...{ dueAt: '2100-01-01T00:00:00.000Z', dueShard: '0' },
      };
      await db.send(new PutCommand({ TableName, Item: lost }));
      await open('/emails');
      await follow('Decide on it');
      await follow('Mark as sent…');
      await press('Mark as sent');
      expect(await said()).toMatch(/marked as sent/i);
      const { Item } = await db.send(new GetCommand({ TableName, Key: { ledgerKey } }));
      expect(Item).toMatchObject({ state: 'sent' });
      db.destroy();
    });

    it('the brand and the settings are saved', async () => {
      await open('/brand');
      await fill('Website', 'https://shop.example.com');
      await press('Save');
      expect(await said()).toMatch(/^Saved/);
      await open('/settings');
      await page
        .getByRole('group', { name: /customer\.created/ })
        .getByLabel(/User group/)
        .fill('plain');
      await press('Save');
      expect(await said()).toMatch(/^Saved/);
    });

    it('a dead letter is discarded with its file, and put back from it', async () => {
      const { stack } = at();
      const sqs = new SQSClient(stack.clientConfigs.sqs);
      const MessageBody = JSON.stringify({ unreadable: randomUUID() });
      await sqs.send(
        new SendMessageCommand({ QueueUrl: stack.queues['EventsQueue'], MessageBody }),
      );
      sqs.destroy();
      await expect
        .poll(
          async () => {
            await setTimeout(250);
            await open('/dead-letters');
            return page.getByRole('link', { name: 'Download and discard…' }).count();
          },
          { timeout: 60_000 },
        )
        .toBeGreaterThan(0);
      await follow('Download and discard…');
      const [file] = await Promise.all([page.waitForEvent('download'), press(/^Download/)]);
      const path = await file.path();
      await page.getByLabel('I have the file').check();
      await press(/^Discard/);
      expect(await said()).toMatch(/discarded/);
      await open('/dead-letters/put-back');
      await page.getByLabel('The file').setInputFiles(path);
      await press('Put it back');
      expect(await said()).toContain('back in the dead letters');
    });
  });
}
