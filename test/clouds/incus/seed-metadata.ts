/** The metadata of an image that a test puts in: other bytes for each, so that the same disk may be there twice. */
export function seedMetadata(number: number): Buffer {
  const archive = Buffer.alloc(2048);
  archive.write('metadata.yaml');
  archive.write('ustar', 257);
  archive.write(JSON.stringify({ architecture: 'x86_64', creation_date: number, properties: {} }), 512);
  return archive;
}
