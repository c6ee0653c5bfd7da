/** What the command that runs turned out to be about, and whether a person said no. A process runs one at a time. */
let objects: Readonly<Record<string, string | number>> = {};
let isDeclined = false;
let actor: string | undefined;

/** A command begins: nothing is known of it yet but who runs it, as the operator log has it. */
export function actBegins(by?: string): void {
  objects = {};
  isDeclined = false;
  actor = by;
}

/** Adds names and numbers of what is being done, for the operator log. */
export function actedOn(more: Readonly<Record<string, string | number>>): void {
  objects = { ...objects, ...more };
}

/** The person at the keyboard said no: what was asked about is not done. */
export function declined(): void {
  isDeclined = true;
}

/** What is known of the act until now. */
export function whatWasDone() {
  return { objects, isDeclined, actor };
}
