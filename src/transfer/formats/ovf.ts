/** A file that an appliance's description refers to. */
export interface OvfFile {
  readonly id: string;
  /** Name of the member of the archive. */
  readonly href: string;
  readonly compression?: string;
  /** The file is split into pieces of this size. */
  readonly chunkBytes?: number;
}

/** What a description (DSP0243, Open Virtualization Format) says of the files beside it. */
export interface Ovf {
  readonly files: readonly OvfFile[];
  /** Those that are disks. A disk without a file is a blank one. */
  readonly disks: readonly OvfFile[];
}

/** Reads `References` and `DiskSection`; everything else of a description is of no matter for its disks. */
export function parseOvf(xml: string): Ovf {
  const plain = withoutComments(xml);
  const files = elements(plain, 'File').flatMap((attributes): OvfFile[] => {
    const { id, href, compression, chunkSize } = attributes;
    if (id === undefined || href === undefined) return [];
    const isPacked = compression !== undefined && compression !== '' && compression !== 'identity';
    return [
      {
        id,
        href: decodedPath(href),
        ...(isPacked ? { compression } : {}),
        ...(chunkSize === undefined ? {} : { chunkBytes: Number(chunkSize) }),
      },
    ];
  });
  const refs = new Set(elements(plain, 'Disk').map(({ fileRef }) => fileRef));
  return { files, disks: files.filter(({ id }) => refs.has(id)) };
}

/** A comment that is never closed takes the rest. */
function withoutComments(xml: string): string {
  const kept: string[] = [];
  for (let at = 0; at >= 0 && at < xml.length;) {
    const open = xml.indexOf('<!--', at);
    kept.push(xml.slice(at, open < 0 ? undefined : open));
    const close = open < 0 ? -1 : xml.indexOf('-->', open + 4);
    at = close < 0 ? -1 : close + 3;
  }
  return kept.join('');
}

/** Attributes of every element of that name, without their namespaces. */
function elements(xml: string, name: string): Readonly<Partial<Record<string, string>>>[] {
  const found = xml.matchAll(new RegExp(`<(?:[\\w.-]+:)?${name}(\\s[^<>]*)>`, 'g'));
  return [...found].map(([, text = '']) =>
    Object.fromEntries(
      [...text.matchAll(/\s(?:[\w.-]+:)?([\w.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(([, key = '', double, single]) => [
        key,
        unescaped(double ?? single ?? ''),
      ]),
    ),
  );
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const unescaped = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|apos);/g, (_whole, name: string) => entities[name] ?? '');

/** References are addresses, relative to the description. */
function decodedPath(href: string): string {
  const plain = href.replace(/^(?:file:)?(?:\.\/)*/, '');
  try {
    return decodeURIComponent(plain);
  } catch {
    // No encoding of anything: a name as it is.
    return plain;
  }
}
