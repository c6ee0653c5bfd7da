// Loads node:http, see node-http.ts.
export default process.getBuiltinModule('node:https');
