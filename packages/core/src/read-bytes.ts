/**
 * Reads a response's body up to a limit.
 *
 * @module
 */

/**
 * Reads a whole body, or rejects with `tooLarge()` as soon as it is longer than `maxBytes`, without
 * receiving the rest. It counts bytes after decompression.
 */
export async function readBytes(
  { body }: Response,
  maxBytes: number,
  tooLarge: () => Error,
): Promise<ArrayBuffer> {
  let size = 0;
  const counted = body?.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        size += chunk.length;
        if (size > maxBytes) throw tooLarge();
        controller.enqueue(chunk);
      },
    }),
  );
  return new Response(counted).arrayBuffer();
}
