import { conflictError, notFoundError } from '../../core/errors.ts';
import { architectureOf } from '../_published/architecture.ts';
import { attributeOf, textOf } from './attributes.ts';
import type { StreamsClient } from './client.ts';
import { bySerial, type Disk } from './disks.ts';

/** Aliases that a hint names. */
const mostTold = 5;

/** The words that stand for a product, as it publishes them. */
function aliasesOf({ layers, product }: Disk): readonly string[] {
  const aliases = textOf(layers, 'aliases');
  const told = aliases?.split(',') ?? ['release', 'version'].flatMap((name) => attributeOf(layers, name) ?? []).map(String);
  return [product, ...told.map((alias) => alias.trim()).filter((alias) => alias !== '')];
}

/** What a text may mean, read from the right: a serial, before it an architecture, before it the alias, which has slashes at times. */
function* readings(text: string): Generator<{ readonly alias: string; readonly arch?: string; readonly serial?: string }> {
  const parts = text.split('/');
  const [last = '', before = ''] = parts.toReversed();
  yield { alias: text };
  if (parts.length > 1) {
    const alias = parts.slice(0, -1).join('/');
    yield { alias, serial: last };
    yield { alias, arch: last };
  }
  if (parts.length > 2) yield { alias: parts.slice(0, -2).join('/'), arch: before, serial: last };
}

/**
 * The disk that an id, a name or `ALIAS[/ARCH][/SERIAL]` means: of the newest version unless one is named. Throws NOT_FOUND for
 * none, CONFLICT for several.
 */
export function findDisk(client: StreamsClient, disks: readonly Disk[], text: string): Disk {
  const exact = disks.find(({ id }) => id === text);
  if (exact) return exact;
  const byName = disks.filter(({ name }) => name === text);
  if (byName.length > 0) return onlyOne(byName, text);
  for (const { alias, arch, serial } of readings(text)) {
    const architecture = arch === undefined ? client.architecture : architectureOf(arch);
    const fitting = disks.filter(
      (disk) =>
        disk.isPreferred &&
        (serial === undefined ? disk.isNewest : disk.serial === serial) &&
        (disk.product === alias || (disk.architecture ?? architecture) === architecture) &&
        aliasesOf(disk).includes(alias),
    );
    if (fitting.length > 0) return onlyOne(fitting, text);
  }
  throw notFoundError(`image "${text}" not found`, hintFor(client, disks, text));
}

function onlyOne(disks: readonly Disk[], text: string): Disk {
  const [first, second] = disks;
  if (!first || second)
    throw conflictError(`"${text}" means several images: ${disks.map(({ id }) => id).join(', ')}`, {
      hint: 'Use the id of one.',
    });
  return first;
}

/** What may be typed instead, and is found: what is called nearly so, of any architecture and serial. */
function hintFor({ architecture }: StreamsClient, disks: readonly Disk[], text: string): { readonly hint?: string } {
  const usual = disks.filter(({ isPreferred }) => isPreferred);
  const written = ({ layers }: Disk): string => textOf(layers, 'arch') ?? '';
  const typed = (disk: Disk, alias: string): string =>
    alias === disk.product || (disk.architecture ?? architecture) === architecture ? alias : `${alias}/${written(disk)}`;
  const near = new Set<string>();
  for (const { alias, arch, serial } of readings(text))
    for (const disk of usual.filter((one) => aliasesOf(one).includes(alias)))
      if (serial === undefined && disk.isNewest) near.add(typed(disk, alias));
      else if (arch === undefined || architectureOf(arch) === disk.architecture) near.add(`${typed(disk, alias)}/${disk.serial}`);
  const [head = ''] = text.split('/');
  for (const disk of usual.filter(({ isNewest }) => isNewest))
    for (const alias of aliasesOf(disk))
      if (head !== '' && (alias.startsWith(head.slice(0, 2)) || alias.includes(head))) near.add(typed(disk, alias));
  const plain = [...near].filter((name) => /^\w[\w.:/+-]*$/.test(name));
  return plain.length === 0 ? {} : { hint: `Use one of the nearest names: ${plain.slice(0, mostTold).join(', ')}` };
}

/** The same disk of the version before; absent: there is none. */
export const diskBefore = (disks: readonly Disk[], { product, key, serial }: Disk): Disk | undefined =>
  disks
    .filter((disk) => disk.product === product && disk.key === key && bySerial(disk.serial, serial) < 0)
    .sort((a, b) => bySerial(b.serial, a.serial))[0];
