// An ESM import of node:process evaluates every getter of the process, its standard streams among them.
export const { env, versions } = process;
