/** How many a test draws or makes: this many in `npm test`, `TIMES` as many in `npm run prove`. */
export const asMany = (usual: number): number => usual * Number(process.env['TIMES'] ?? 1);
