const isProof = process.env['AS_MANY'] === 'in a proof';

/** How many a test draws or makes: `usual` in `npm test`, the walks and the volumes, `inProof` in `npm run prove -- properties`. */
export const asMany = (usual: number, inProof = 25 * usual): number => (isProof ? inProof : usual);
