import { Advice } from '#infra/terminal/advice.ts';
import { type Act, program, text } from '#infra/terminal/command-line.ts';
import { isLifeName, type LifeName, lives } from './lives.ts';

export type LifeOptions = Readonly<{
  /** Absent: the names are to be listed. */
  name: LifeName | undefined;
  /** Absent: somebody new. */
  email: string | undefined;
  /** Adds and activates the sequence where there is none. */
  add: boolean;
}>;

/** The words of `npm run polar -- life`, those after `life`. Help goes to `print`. */
export function lifeProgram(act: Act<LifeOptions>, print?: (line: string) => void) {
  return program('npm run polar', print)
    .usage('-- life [name] [options]')
    .description(
      'Plays the whole life of a subscription on the local stack: moves its clock forward, and prints each mail with its day. Without a name, lists all lives.',
    )
    .argument('[name]', Object.keys(lives).join(', '))
    .addOption(
      text('--email <address>', 'the customer, who must be new (default: a made-up address)'),
    )
    .option('--add', 'add and activate the ready-made sequence of that name if none is active')
    .action((name, { email, add = false }) => act({ name: lifeNamed(name), email, add }));
}

function lifeNamed(name: string | undefined): LifeName | undefined {
  if (name === undefined || isLifeName(name)) return name;
  throw new Advice(`Unknown life "${name}". Choose one of: ${Object.keys(lives).join(', ')}.`);
}
