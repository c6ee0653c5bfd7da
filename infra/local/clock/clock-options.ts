import { type Act, program } from '#infra/terminal/command-line.ts';
import { spanFrom } from './words.ts';

export type ClockOptions = Readonly<{
  /** Absent: it only says the time. */
  byMs: number | undefined;
}>;

/** The words of `npm run clock`. Help goes to `print`. */
export function clockProgram(act: Act<ClockOptions>, print?: (line: string) => void) {
  return (
    program('npm run clock', print)
      .usage('-- [+3d | +6h | +90m]')
      .description(
        'Says what time it is on the local stack, or moves its clock on, never back. What becomes due on the way happens at its time. The stack keeps its time until "npm start -- --fresh".',
      )
      .argument('[span]', 'how far: days, hours or minutes')
      // So that "-3d" is told why it cannot be, and not that there is no such option.
      .allowUnknownOption()
      .action((span) => act({ byMs: span === undefined ? undefined : spanFrom(span) }))
  );
}
