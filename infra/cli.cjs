// Plain JavaScript, so that a Node that does not know TypeScript can say so.
const [major] = process.versions.node.split('.');
if (Number(major) < 24) {
  console.error(
    `This needs Node 24 or later, and this is ${process.versions.node}. "npm ci" brings it along on Linux and Windows; elsewhere install it from https://nodejs.org.`,
  );
  process.exit(1);
}

// Node keeps what it compiled: the next command starts in half the time.
require('node:module').enableCompileCache(
  process.env.NODE_COMPILE_CACHE ??
    require('node:path').join(__dirname, '../node_modules/.cache/node-compile'),
);

if (require.main === module) void import('./cli.ts');
