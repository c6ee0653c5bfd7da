// Plain JavaScript, so that a Node that does not know TypeScript can say so.
const [major] = process.versions.node.split('.');
if (Number(major) < 24) {
  console.error(
    `This needs Node 24 or later, and this is ${process.versions.node}. "npm ci" brings it along on Linux and Windows; elsewhere install it from https://nodejs.org.`,
  );
  process.exit(1);
}

// Node keeps what it compiled, also for what this starts: the next command starts sooner.
process.env.NODE_COMPILE_CACHE ||= require('node:path').join(
  __dirname,
  '../node_modules/.cache/node-compile',
);
require('node:module').enableCompileCache(process.env.NODE_COMPILE_CACHE);

if (require.main === module) void import('./cli.ts');
