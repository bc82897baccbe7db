import { tmpdir } from 'node:os';
import { formats, type Format } from '../core/encoding.ts';
import type { Image } from '../core/image.ts';
import { parseChecksum } from '../transfer/checked.ts';
import type { Means, Wishes } from '../transfer/prepare.ts';
import type { Task } from '../ui/progress.ts';
import type { Surface } from './context.ts';
import type { Options, OptionValues } from './option.ts';

/** Options of every command that moves a disk. */
export const sourceOptions = {
  diskFormat: {
    kind: 'text',
    choices: formats,
    summary: 'format of the result, converted if need be (default: as it is, or what the target takes)',
  },
  fromFormat: { kind: 'text', choices: formats, summary: 'what the source is; refused if its content contradicts it' },
  checksum: { kind: 'text', value: 'algo:hex', summary: 'digest that the source must have' },
  allowUnsafe: { kind: 'names', value: 'code,…', summary: 'findings that are meant to be so, by their codes' },
} as const satisfies Options;

export const ifExistsOption = {
  kind: 'text',
  choices: ['fail', 'skip', 'replace', 'rename'],
  summary: 'when the name is taken (default fail); skip only when the content is the same',
} as const;

const formatNamed = (name: string | undefined): Format | undefined => formats.find((known) => known === name);

export function wishesFrom(input: OptionValues<typeof sourceOptions>): Wishes {
  return {
    format: formatNamed(input.diskFormat),
    fromFormat: formatNamed(input.fromFormat),
    allowUnsafe: input.allowUnsafe,
    checksum: input.checksum === undefined ? undefined : parseChecksum(input.checksum),
  };
}

/** What a transfer works with; its bytes are shown as progress of the task. */
export function meansFor(surface: Surface, task: Task, digests: readonly string[]): Means {
  return {
    digests,
    folder: surface.home.env.TMPDIR ?? tmpdir(),
    signal: surface.signal,
    progress: (bytes, total) => task.advance(bytes, total),
  };
}

/** The images that came of a transfer are shown with what was verified. */
export interface Arrived {
  readonly image: Image;
  readonly verifiedBy?: string;
}
