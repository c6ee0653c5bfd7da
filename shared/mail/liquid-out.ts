import type { Slot } from './slots.ts';

/** A slot as Liquid again. */
export function liquidOf(slot: Slot): string {
  return slot.kind === 'tag' ? slot.source : `${slot.left}${slot.value}${slot.right}`;
}

/** Literal text that must not become Liquid: `{\{ x }}` in Markdown is meant to show two braces. */
export function plainLiteral(text: string): string {
  return text.replaceAll('{', '{{ "{" }}');
}

/**
 * A link target: a value that is its beginning must be a whole, harmless address, one further in is percent-encoded.
 * `url_encode` as the last filter has done so already.
 */
export function targetLiquid(
  parts: readonly (string | Slot)[],
  literal: (text: string) => string,
): string {
  return parts
    .map((part, index) => {
      if (typeof part === 'string') return literal(part);
      if (part.kind === 'tag') return part.source;
      if (index > 0 && /\|\s*url_encode\s*$/.test(part.value)) return liquidOf(part);
      const filter = index === 0 ? 'whole_url' : 'url_part';
      return `${part.left}${part.value.trimEnd()} | ${filter} ${part.right}`;
    })
    .join('');
}
