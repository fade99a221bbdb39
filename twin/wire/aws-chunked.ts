/** Whether a body comes in chunks that are signed, or followed by a checksum. */
export const isAwsChunked = (headers: Readonly<Record<string, string | undefined>>): boolean =>
  headers['x-amz-content-sha256']?.startsWith('STREAMING-') === true ||
  headers['content-encoding']?.includes('aws-chunked') === true;

/**
 * The content of a body in chunks, each after its length in hexadecimal digits. Signatures and checksums are not verified.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
export function decodeAwsChunked(body: Uint8Array): Uint8Array {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) break;
    const length = Number.parseInt(bytes.toString('latin1', at, end).split(';')[0] ?? '', 16);
    // After the empty chunk come headers.
    if (!(length > 0)) break;
    chunks.push(bytes.subarray(end + 2, end + 2 + length));
    at = end + 2 + length + 2;
  }
  return Buffer.concat(chunks);
}
