import { Advice } from './advice.ts';

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

/** The options that every command has, for `parseArgs`. */
export const commonOptions = { local: flag, stage: text, region: text, help: flag };

export const commonHelp = `  --local             the stack that "npm start" runs here; also without it, while one runs
  --stage <stage>     the stack of this stage in AWS (prod)
  --region <region>   where it is, if not where AWS_REGION or your profile says
  --help              show this`;

/** Calls `parse`, which is `parseArgs`, and says what it complains of in one sentence. */
export function readArguments<Parsed>(program: string, parse: () => Parsed): Parsed {
  try {
    return parse();
  } catch (error) {
    throw new Advice(
      `${error instanceof Error ? error.message.split('. ')[0] : error}. ${seeHelp(program)}`,
    );
  }
}

/** The words that each verb takes, by their names in the help. */
export type Verbs<Verb extends string> = Readonly<Record<Verb, readonly string[]>>;

/** The verb of a command line and as many words as it takes. Throws Advice about one too few or too many. */
export function readVerb<Verb extends string>(
  program: string,
  verbs: Verbs<Verb>,
  [given = '', ...words]: readonly string[],
): { verb: Verb; words: string[] } {
  const isVerb = (word: string): word is Verb => Object.hasOwn(verbs, word);
  if (!isVerb(given)) {
    const known = Object.keys(verbs).join(', ');
    throw new Advice(`There is no "${given}": it is one of ${known}. ${seeHelp(program)}`);
  }
  const names = verbs[given];
  const usage = [`npm run ${program} --`, given, ...names.map((name) => `<${name}>`)].join(' ');
  const missing = names[words.length];
  if (missing !== undefined) throw new Advice(`Say the ${missing} as well: ${usage}`);
  if (words.length > names.length) {
    const quoted = names.length > 0 ? ' Put quotes around a value with spaces.' : '';
    throw new Advice(`"${words[names.length]}" is one word too many: ${usage}.${quoted}`);
  }
  return { verb: given, words };
}

function seeHelp(program: string): string {
  return `"npm run ${program} -- --help" shows what there is.`;
}
