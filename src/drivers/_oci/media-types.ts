import { compressions, formats, type Encoding } from '../../core/encoding.ts';

/** `artifactType` of an image's manifest. A new version of the format gets a new one. */
export const imageType = 'application/vnd.imgctl.image.v1';
/** Media type of the record: the config blob of the manifest. */
export const recordType = 'application/vnd.imgctl.record.v1+json';
export const manifestType = 'application/vnd.oci.image.manifest.v1+json';
export const indexType = 'application/vnd.oci.image.index.v1+json';
/** Contents and media type of the empty descriptor (OCI image-spec 1.1, "Guidance for an Empty Descriptor"). */
export const emptyBlob = '{}';
export const emptyType = 'application/vnd.oci.empty.v1+json';

const diskPrefix = 'application/vnd.imgctl.disk.';

/** The media type of a disk layer: `…disk.qcow2`, `…disk.raw+gzip`. */
export function diskType({ format, compression }: Encoding): string {
  return `${diskPrefix}${format}${compression === undefined ? '' : `+${compression}`}`;
}

/** The encoding that a layer's media type stands for; absent for a type that is not known: the bytes are opaque. */
export function encodingOf(mediaType: string): Encoding | undefined {
  if (!mediaType.startsWith(diskPrefix)) return undefined;
  const [name, wrapper] = mediaType.slice(diskPrefix.length).split('+');
  const format = formats.find((each) => each === name);
  const compression = compressions.find((each) => each === wrapper);
  if (format === undefined || (wrapper !== undefined && compression === undefined)) return undefined;
  return compression === undefined ? { format } : { format, compression };
}
