import { fileURLToPath } from 'node:url';

const stand = (name: string) => fileURLToPath(new URL(`./${name}.ts`, import.meta.url));

/** What every bundle takes instead of a module that would make its cold start slower, as esbuild's `--alias` names it. */
export const bundleAliases = [
  `@aws-sdk/credential-provider-node=${stand('credentials')}`,
  `@aws-sdk/endpoint-cache=${stand('endpoint-cache')}`,
  `@smithy/core/event-streams=${stand('event-streams')}`,
  `fast-sha256=${stand('sha256')}`,
  `node:http=${stand('node-http')}`,
  `node:https=${stand('node-https')}`,
  `node:process=${stand('node-process')}`,
];
