type Fetch = typeof globalThis.fetch;

/** `fetch`, except that reading an answer ends with a `RangeError` where it is longer than `mostBytes`, unpacked. */
export function boundedFetch(fetch: Fetch, mostBytes: number): Fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (!response.body) return response;
    let bytes = 0;
    const counted = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        if (bytes > mostBytes) throw new RangeError(`The answer is longer than ${mostBytes} bytes`);
        controller.enqueue(chunk);
      },
    });
    const { status, statusText, headers } = response;
    return new Response(response.body.pipeThrough(counted), { status, statusText, headers });
  };
}
