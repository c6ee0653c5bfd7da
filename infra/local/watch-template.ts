import { watch } from 'node:fs';
import { fileURLToPath } from 'node:url';

const infra = fileURLToPath(new URL('..', import.meta.url));

/** What the template is made from, below `infra`. */
const inTemplate = /^(constructs[/\\].+|app|polar-audience-stack)\.ts$/;

/** Says once of each file that the template is made from that a change of it needs a restart. Gives how to end it. */
export function watchTemplate(print: (line: string) => void, directory = infra): () => void {
  const told = new Set<string>();
  const watcher = watch(directory, { recursive: true }, (_, file) => {
    if (file === null || told.has(file) || !inTemplate.test(file)) return;
    told.add(file);
    print(`infra/${file} has changed: restart to run the stack as it says now.`);
  });
  return () => watcher.close();
}
