import { compressions, formats, type Compression, type Encoding } from '../../core/encoding.ts';
import { unsupportedError } from '../../core/errors.ts';

/** `artifactType` of an image's manifest. A new version of the format gets a new one. */
export const imageType = 'application/vnd.imgctl.image.v1';
/** The same of an image whose disk lies in blocks: who knows only the first must not take one of them for the disk. */
export const layeredImageType = 'application/vnd.imgctl.image.v2';
export const isImageType = (type: unknown): boolean => type === imageType || type === layeredImageType;
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

/** Media type of the list of a disk's blocks (`block-list.ts`), which stands for the disk. */
export const blockListType = `${diskPrefix}blocks.v1+json`;
const blockType = `${diskPrefix}block`;

/** The media type of a block: `…disk.block`, `…disk.block+gzip`. */
export const typeOfBlock = (compression: Compression | undefined): string =>
  compression === undefined ? blockType : `${blockType}+${compression}`;

/** How a block is compressed; absent: not at all. Throws UNSUPPORTED for a type that is not known. */
export function compressionOfBlock(mediaType: string): Compression | undefined {
  if (mediaType === blockType) return undefined;
  const found = compressions.find((each) => mediaType === typeOfBlock(each));
  if (found === undefined)
    throw unsupportedError(`blocks of the type ${mediaType} are not supported`, { hint: 'Update imgctl.' });
  return found;
}
