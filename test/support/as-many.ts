const isProof = process.env['AS_MANY'] === 'in a proof';

/** How many a test draws or makes: `usual` in `npm test` and in the walks, `inProof` in `npm run prove -- properties`. */
export const asMany = (usual: number, inProof = 25 * usual): number => (isProof ? inProof : usual);
