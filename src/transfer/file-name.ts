const reserved = /[\u0000-\u001f\u007f-\u009f/\\:*?"<>|\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;
const longest = 150;

/** A name from a provider as the name of a file: never a path, never hidden, never an option, never empty, at most 150 bytes. */
export function safeFileName(name: string): string {
  const plain = name
    .replace(reserved, '_')
    .replace(/^[.\s-]+/, '')
    .replace(/[.\s]+$/, '');
  // Cut as bytes; a character that is cut in two becomes U+FFFD, which is dropped.
  const short = Buffer.from(plain)
    .subarray(0, longest)
    .toString('utf8')
    .replace(/\ufffd+$/, '');
  return short === '' ? 'image' : short;
}
