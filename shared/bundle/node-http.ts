// An ESM import of node:http evaluates every getter of that module, and three of them load undici.
const http = process.getBuiltinModule('node:http');

export const { Agent, request } = http;
