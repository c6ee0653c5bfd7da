import './clock/clock-ahead.ts';
import { Advice, runCommand } from '#infra/terminal/advice.ts';
import { type Act, program, runProgram } from '#infra/terminal/command-line.ts';
import { printLine } from '#infra/terminal/lines.ts';
import { askClock } from './clock/clock-door.ts';
import { spanFrom, spanText, timeText } from './clock/words.ts';
import { localDirectory, runningStack } from './running-stack.ts';

/** `npm run clock`: the time of the stack that `npm start` runs here, and moving it on. */
await runCommand(() => runProgram(clockProgram(run), process.argv.slice(2)));

async function run({ byMs }: ClockOptions): Promise<void> {
  const running = await runningStack(localDirectory());
  if (!running) {
    throw new Advice(
      'The local stack isn\'t running, and only its clock can be moved. Start it with "npm start" in another terminal.',
    );
  }
  if (byMs !== undefined) printLine(`Moving the clock forward by ${spanText(byMs)} …`);
  const { now, aheadMs, mails } = await askClock(running.clockUrl, byMs);
  const sent =
    byMs === undefined ? [] : mails.filter(({ at }) => Date.parse(at) > since(now, byMs));
  for (const { at, to, subject } of sent) {
    printLine(`${timeText(new Date(at))}  mail  ${subject} → ${to.join(', ')}`);
  }
  const ahead = aheadMs === 0 ? 'same as this machine' : `${spanText(aheadMs)} ahead`;
  printLine(`On the local stack, it's ${timeText(new Date(now))}, ${ahead}.`);
}

function since(now: string, byMs: number): number {
  return Date.parse(now) - byMs;
}

type ClockOptions = Readonly<{
  /** Absent: it only says the time. */
  byMs: number | undefined;
}>;

/** The words of `npm run clock`. Help goes to `print`. */
function clockProgram(act: Act<ClockOptions>, print?: (line: string) => void) {
  return (
    program('npm run clock', print)
      .usage('-- [+3d | +6h | +90m]')
      .description(
        'Shows the time of the local stack, or moves its clock forward. Whatever comes due on the way happens at its time. The clock never goes back; "npm start -- --fresh" resets it.',
      )
      .argument('[span]', 'how far, in days, hours or minutes')
      // So that "-3d" is told why it cannot be, and not that there is no such option.
      .allowUnknownOption()
      .action((span) => act({ byMs: span === undefined ? undefined : spanFrom(span) }))
  );
}
