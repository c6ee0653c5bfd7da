import type { TagPiece } from './liquid-source.ts';

/** The first tag that divides or ends what did not begin among these, or else one that begins what does not end. */
export function tagOutOfPlace(tags: readonly TagPiece[]): TagPiece | undefined {
  const open: TagPiece[] = [];
  for (const tag of tags) {
    if (tag.role === 'begin') open.push(tag);
    if ((tag.role === 'middle' || tag.role === 'end') && open.length === 0) return tag;
    if (tag.role === 'end') open.pop();
  }
  return open[0];
}
