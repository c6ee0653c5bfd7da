/**
 * Stands in for the SDK's chain of credential providers: Lambda gives its functions credentials in the environment,
 * and the chain's other nine sources double a bundle. Throws when they are missing.
 */
export const defaultProvider = () => async () => {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = process.env;
  if (!accessKeyId || !secretAccessKey) {
    throw new Error(
      'There are no AWS credentials: a function of Polar Audience finds them only in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, where Lambda puts them.',
    );
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
};
