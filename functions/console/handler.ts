import { defaultIsContentTypeBinary, handle } from 'hono/aws-lambda';
import { consoleApp } from './console.ts';
import { consoleParts } from './parts.ts';

export const handler = handle(consoleApp(consoleParts(process.env)), {
  // As text it would lose its byte order mark.
  isContentTypeBinary: (type) => type.startsWith('text/csv') || defaultIsContentTypeBinary(type),
});
