import { startLocalStack } from '#infra/local/local-stack.ts';

/** Run by a test, which kills it: starts the stack of an assembly, says where it is, and stays. */
const [, , assembly = ''] = process.argv;
const { url } = await startLocalStack({ assembly });
console.log(url);
