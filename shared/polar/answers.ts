/** Every answer that Polar, and through its list of deliveries the merchant, can get from us. */
export const answers = {
  accepted: {
    code: 202,
    status: 'accepted',
    message: 'Accepted. Polar Audience has queued this event and will apply it in a moment.',
  },
  ignored: {
    code: 200,
    status: 'ignored',
    message:
      'Ignored. This is a genuine event, but of a type that Polar Audience does not use. There is nothing to do; to stop such deliveries, deselect the type in the settings of the webhook in Polar.',
  },
  'no-type': {
    code: 200,
    status: 'ignored',
    message:
      'Ignored. The request is genuine, but no event type can be read in its body. Set the format of the webhook in Polar to Raw.',
  },
  'not-utf8': {
    code: 200,
    status: 'ignored',
    message:
      'Ignored. The request is genuine, but its body is not UTF-8, so no event can be read in it. Set the format of the webhook in Polar to Raw.',
  },
  'missing-header': {
    code: 400,
    status: 'rejected',
    message:
      'Not accepted: the header webhook-id, webhook-timestamp or webhook-signature is missing. Polar sends all three; if this request came from Polar, look for a proxy in between that removes headers.',
  },
  'invalid-id': {
    code: 400,
    status: 'rejected',
    message:
      'Not accepted: the header webhook-id must be 1 to 2048 printable ASCII characters. If this request came from Polar, look for a proxy in between that changes headers.',
  },
  'invalid-timestamp': {
    code: 400,
    status: 'rejected',
    message:
      'Not accepted: the header webhook-timestamp must be a whole number of seconds since 1970. If this request came from Polar, look for a proxy in between that changes headers.',
  },
  'malformed-signature': {
    code: 401,
    status: 'rejected',
    message:
      'Not accepted: the header webhook-signature holds no signature of the form v1,<base64>. If this request came from Polar, look for a proxy in between that changes headers.',
  },
  mismatch: {
    code: 401,
    status: 'rejected',
    message:
      'Not accepted: the signature does not match. Repair the connection on the page Polar of the console, or with "npm run connect -- --repair": that copies the secret of this webhook, applies within a minute, and Polar tries again. If it is the right one, look for a proxy in between that changes the body.',
  },
  'outside-tolerance': {
    code: 401,
    status: 'rejected',
    message:
      'Not accepted: webhook-timestamp is more than five minutes from the present time. Redeliver the event in Polar; if this happens again, look for a proxy in between that holds requests back.',
  },
  'not-found': {
    code: 404,
    status: 'rejected',
    message:
      'There is nothing at this address. Webhooks go to the address in the output WebhookUrl of the stack: repair the connection with "npm run connect -- --repair", or correct the URL in the settings of the webhook in Polar.',
  },
  'method-not-allowed': {
    code: 405,
    status: 'rejected',
    message:
      'This address takes webhooks from Polar, sent with POST. Use the address as the URL of a webhook in Polar.',
  },
  'too-large': {
    code: 413,
    status: 'rejected',
    message:
      'Not accepted: the event is too large, even compressed, for the queue (1 MiB). Remove large metadata from the object in Polar.',
  },
  'no-secret': {
    code: 503,
    status: 'unavailable',
    message:
      'Not accepted yet: the secret of this webhook is not set up. Connect Polar on the page Polar of the console, or with "npm run connect"; Polar tries again.',
  },
  'secret-unreadable': {
    code: 503,
    status: 'unavailable',
    message:
      'Not accepted: the secret of this webhook cannot be read at the moment. The fault is on our side and Polar tries again; if it lasts, the person who runs Polar Audience should read the log of the ingest function.',
  },
  'queue-unavailable': {
    code: 503,
    status: 'unavailable',
    message:
      'Not accepted: the event cannot be queued at the moment. The fault is on our side and Polar tries again; if it lasts, the person who runs Polar Audience should read the log of the ingest function.',
  },
  unexpected: {
    code: 503,
    status: 'unavailable',
    message:
      'Not accepted: something went wrong. The fault is on our side and Polar tries again; if it lasts, the person who runs Polar Audience should read the log of the ingest function.',
  },
} as const;

export type AnswerName = keyof typeof answers;
