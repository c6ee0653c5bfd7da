import { type DefaultTreeAdapterTypes, defaultTreeAdapter as dom, parse } from 'parse5';

type Element = DefaultTreeAdapterTypes.Element;

type ParsedHtml = Readonly<{
  errors: readonly string[];
  elements: readonly HtmlElement[];
  named: (tag: string) => HtmlElement[];
}>;

type HtmlElement = Readonly<{
  tag: string;
  attributes: Readonly<Record<string, string>>;
  /** All the text in it, white space collapsed. */
  text: string;
}>;

/** A document as a browser reads it, with what a strict reader would complain about. */
export function parsedHtml(html: string): ParsedHtml {
  const errors: string[] = [];
  const document = parse(html, { onParseError: ({ code }) => errors.push(code) });
  const elements = elementsIn(document).map((element) => ({
    tag: element.tagName,
    attributes: Object.fromEntries(element.attrs.map(({ name, value }) => [name, value])),
    text: textOf(element).replaceAll(/\s+/g, ' ').trim(),
  }));
  return { errors, elements, named: (tag) => elements.filter((element) => element.tag === tag) };
}

/** Elements, their attributes' names and their styles: what a value must never change. */
export function outlineOf(html: string): string[] {
  return parsedHtml(html).elements.map(({ tag, attributes }) =>
    [tag, ...Object.keys(attributes), attributes['style'] ?? ''].join(' '),
  );
}

function elementsIn(node: DefaultTreeAdapterTypes.ParentNode): Element[] {
  return node.childNodes
    .filter((child) => dom.isElementNode(child))
    .flatMap((child) => [child, ...elementsIn(child)]);
}

function textOf(node: DefaultTreeAdapterTypes.ParentNode): string {
  return node.childNodes
    .map((child) => {
      if (dom.isTextNode(child)) return child.value;
      return dom.isElementNode(child) ? textOf(child) : '';
    })
    .join('');
}
