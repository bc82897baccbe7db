import type { Format } from '../../core/encoding.ts';
import { refusal } from './findings.ts';
import type { FormatReader } from './format-reader.ts';
import { hasText } from './reading.ts';

/** Formats that are told apart to be refused: nothing here reads them, and as raw disks they would be nonsense. */
interface Banned {
  readonly name: Format;
  readonly title: string;
  /** Any of these; a negative place counts from the end of the file. */
  readonly magics: readonly (readonly [at: number, text: string])[];
}

const banned: readonly Banned[] = [
  { name: 'qed', title: 'QED', magics: [[0, 'QED\0']] },
  { name: 'ploop', title: 'Parallels', magics: [[0, 'WithoutFreeSpace'], [0, 'WithouFreSpacExt']] }, // prettier-ignore
  { name: 'raw', title: 'Apple disk image', magics: [[-512, 'koly']] },
  { name: 'raw', title: 'EnCase image', magics: [[0, 'EVF\x09\x0d\x0a\xff\0'], [0, 'EVF2\x0d\x0a\x81\0']] }, // prettier-ignore
  { name: 'raw', title: 'zip archive', magics: [[0, 'PK\x03\x04'], [0, 'PK\x05\x06']] }, // prettier-ignore
];

/** One reader for each of them. */
export const bannedReaders: readonly FormatReader[] = banned.map(({ name, title, magics }) => ({
  name,
  sniff: ({ head, tail }) => magics.some(([at, text]) => hasText(at < 0 ? tail : head, at, text)),
  open: () => Promise.reject(refusal('banned_format', `the file is a ${title}, which is not read`)),
}));
