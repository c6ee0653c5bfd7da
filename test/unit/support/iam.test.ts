import { describe, expect, it } from 'vitest';
import { isAllowed, readStatement } from '#test/support/cloud/iam.ts';

const table = 'arn:aws:dynamodb:us-east-1:000000000000:table/Contacts';
const get = { action: 'dynamodb:GetItem', resource: table, context: {} };
const from = (address: string) => ({
  action: 'ses:SendEmail',
  resource: 'arn:aws:ses:us-east-1:000000000000:identity/shop.example',
  context: { 'ses:FromAddress': address },
});
const statement = (given: object) =>
  readStatement({ Effect: 'Allow', Action: 'dynamodb:GetItem', Resource: table, ...given });
const sending = (condition: object) =>
  statement({ Action: 'ses:SendEmail', Resource: '*', Condition: condition });

describe('a permission', () => {
  it.each([
    ['what names it', {}, get, true],
    ['one of several', { Action: ['dynamodb:PutItem', 'dynamodb:GetItem'] }, get, true],
    ['an action in other case', { Action: 'dynamodb:getitem' }, get, true],
    ['another action', { Action: 'dynamodb:PutItem' }, get, false],
    ['a table for its index', {}, { ...get, resource: `${table}/index/byGroup` }, false],
    ['a resource in other case', { Resource: table.toUpperCase() }, get, false],
    ['a wildcard', { Resource: `${table.slice(0, -4)}*` }, get, true],
    ['a dot that is no wildcard', { Resource: table.replace('-', '.') }, get, false],
    ['one character', { Resource: `${table.slice(0, -1)}?` }, get, true],
  ])('by %s', (_, given, access, allowed) => {
    expect(isAllowed([statement(given)], access)).toBe(allowed);
  });

  it.each([
    ['equal', { StringEquals: { 'ses:FromAddress': 'hello@shop.example' } }, true],
    [
      'one of several',
      { StringEquals: { 'ses:FromAddress': ['a@b', 'hello@shop.example'] } },
      true,
    ],
    ['another', { StringEquals: { 'ses:FromAddress': 'news@shop.example' } }, false],
    ['a wildcard where texts must be equal', { StringEquals: { 'ses:FromAddress': '*' } }, false],
    ['alike', { StringLike: { 'ses:FromAddress': '*@shop.example' } }, true],
    ['a subdomain', { StringLike: { 'ses:FromAddress': '*@*.shop.example' } }, false],
    ['a key that the request has not', { StringLike: { 'ses:FeedbackAddress': '*' } }, false],
    [
      'one of two that both must hold',
      {
        StringEquals: { 'ses:FromAddress': 'hello@shop.example' },
        StringLike: { 'ses:FromAddress': '*@news.example' },
      },
      false,
    ],
  ])('under a condition: %s', (_, condition, allowed) => {
    expect(isAllowed([sending(condition)], from('hello@shop.example'))).toBe(allowed);
  });

  it('is taken back by what denies it, and given by nothing that is not there', () => {
    expect(isAllowed([statement({}), statement({ Effect: 'Deny' })], get)).toBe(false);
    expect(isAllowed([], get)).toBe(false);
  });

  it('is not read from a form that is not known here', () => {
    expect(() => statement({ NotAction: 's3:*' })).toThrow();
    expect(() => statement({ Condition: { Bool: { 'aws:SecureTransport': 'true' } } })).toThrow();
  });
});
