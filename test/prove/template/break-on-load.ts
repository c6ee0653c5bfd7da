import { registerHooks } from 'node:module';
import { breaks } from './breaks.ts';

/*
 * Loaded before anything else, by a process that is to see the template without one of its rules: the code is changed
 * when it is loaded, and nowhere on the disk.
 */
const { TEMPLATE_BREAK } = process.env;
const one = TEMPLATE_BREAK === undefined ? undefined : breaks[Number(TEMPLATE_BREAK)];

if (one) {
  const target = new URL(`../../../infra/${one.file}`, import.meta.url).href;
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (url !== target) return loaded;
      const source = String(loaded.source);
      if (source.split(one.find).length !== 2) {
        throw new Error(`"${one.find}" is not once in ${one.file}.`);
      }
      return { ...loaded, source: source.replace(one.find, () => one.replace) };
    },
  });
}
