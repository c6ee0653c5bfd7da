import { describe, expect, it } from 'vitest';
import { prettyBody } from '#functions/console/kit/shown.ts';
import { parsedHtml } from '#test/unit/shared/mail/parsed-html.ts';

const shown = async (body: string) => {
  const html = String(await prettyBody(body, '/whole'));
  return { html, text: parsedHtml(html).named('pre')[0]?.text };
};

describe('a body on a page', () => {
  it.each([
    ['a text of quotes', JSON.stringify({ name: '"'.repeat(60_000) })],
    ['what is no JSON', '"\\'.repeat(30_000)],
    ['a text that is cut within an escape', `"${'\\"'.repeat(30_000)}`],
  ])('is cut short where it is %s', async (_, body) => {
    expect((await shown(body)).html).toContain('more characters');
  });

  it('tells names and values apart, and leaves the text as it is', async () => {
    const { html, text } = await shown('{"a\\"b":["x",-1500,null]}');
    expect(text).toBe('{ "a\\"b": [ "x", -1500, null ] }');
    expect(html).toContain('<span class="json-name">&quot;a\\&quot;b&quot;</span>:');
    expect(html).toContain('<span class="json-text">&quot;x&quot;</span>');
    expect(html).toContain('<span class="json-value">-1500</span>');
    expect((await shown('no JSON: "x \\')).text).toBe('no JSON: "x \\');
  });

  it('shows what turns a text around or hides in it, in JSON and in what is none', async () => {
    const hostile = 'ev\u202egpj.exe\u2066\u200f\u200b\ufeff 👩‍👩‍👧';
    const seen = String.raw`ev\u202egpj.exe\u2066\u200f\u200b\ufeff 👩‍👩‍👧`;
    expect((await shown(JSON.stringify({ name: hostile }))).text).toBe(`{ "name": "${seen}" }`);
    expect((await shown(hostile)).text).toBe(seen);
  });
});
