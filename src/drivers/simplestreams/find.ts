import { notFoundError } from '../../core/errors.ts';
import { architectureOf } from '../../core/architecture.ts';
import { bySerial, mostTold, onlyOne, readings } from '../_published/find.ts';
import { attributeOf, textOf, type Layers } from './attributes.ts';
import type { StreamsClient } from './client.ts';
import { disksOf, isDated, type Disk, type Version } from './disks.ts';

/** The words that stand for a product, as it publishes them. */
function aliasesOf(layers: Layers, product: string): readonly string[] {
  const aliases = textOf(layers, 'aliases');
  const told = aliases?.split(',') ?? ['release', 'version'].flatMap((name) => attributeOf(layers, name) ?? []).map(String);
  return [product, ...told.map((alias) => alias.trim()).filter((alias) => alias !== '')];
}

/**
 * The disk that an id, a name or `ALIAS[/ARCH][/SERIAL]` means: of the newest version unless one is named. Throws NOT_FOUND for
 * none, CONFLICT for several.
 */
export function findDisk(client: StreamsClient, versions: readonly Version[], text: string): Disk {
  const disks = (version: Version): readonly Disk[] => disksOf(version, client.disks);
  const [product, serial] = text.split('/');
  const exact = versions.filter((version) => version.product === product && version.serial === serial).flatMap(disks);
  const byId = exact.find(({ id }) => id === text);
  if (byId) return byId;
  const byName = versions.flatMap((version) => disks(version).filter(({ name }) => name === text));
  if (byName.length > 0) return onlyOne(byName, text);
  for (const reading of readings(text, isDated)) {
    const architecture = reading.arch === undefined ? client.architecture : architectureOf(reading.arch);
    const fitting = versions
      .filter((version) => (reading.serial === undefined ? version.isNewest : version.serial === reading.serial))
      .flatMap((version) => disks(version).filter((disk) => isCalled(disk, reading.alias, architecture)));
    if (fitting.length > 0) return onlyOne(fitting, text);
  }
  throw notFoundError(`image "${text}" not found`, hintFor(client, versions, text));
}

const isCalled = (disk: Disk, alias: string, architecture: string): boolean =>
  disk.isPreferred &&
  (disk.version.product === alias || (disk.architecture ?? architecture) === architecture) &&
  aliasesOf(disk.layers, disk.version.product).includes(alias);

/** What may be typed instead, and is found: what is called nearly so, of any architecture and serial. */
function hintFor(
  { architecture, disks: ranks }: StreamsClient,
  versions: readonly Version[],
  text: string,
): { readonly hint?: string } {
  const [head = ''] = text.split('/');
  const isNear = (alias: string): boolean => head !== '' && (alias.startsWith(head.slice(0, 2)) || alias.includes(head));
  const meant = [...readings(text, isDated)];
  const [exact, near] = [new Set<string>(), new Set<string>()];
  for (const version of versions)
    for (const disk of disksOf(version, ranks).filter(({ isPreferred }) => isPreferred))
      for (const alias of aliasesOf(disk.layers, version.product)) {
        const isOwn = alias === version.product || (disk.architecture ?? architecture) === architecture;
        const typed = isOwn ? alias : `${alias}/${textOf(disk.layers, 'arch') ?? ''}`;
        const reading = meant.find((one) => one.alias === alias);
        if (reading?.serial !== undefined) exact.add(`${typed}/${version.serial}`);
        else if (version.isNewest && (reading || isNear(alias))) (reading ? exact : near).add(typed);
      }
  const plain = [...exact, ...near].filter((name) => /^\w[\w.:/+-]*$/.test(name));
  return plain.length === 0 ? {} : { hint: `Use one of the nearest names: ${plain.slice(0, mostTold).join(', ')}` };
}

/** The id of the same disk in the version before; absent: there is none. */
export function idBefore(versions: readonly Version[], { version, key, id }: Disk): string | undefined {
  const before = versions
    .filter(
      ({ product, serial, items }) =>
        product === version.product && bySerial(serial, version.serial) < 0 && items.some(([one]) => one === key),
    )
    .toSorted((a, b) => bySerial(b.serial, a.serial))[0];
  return before && id.replace(`/${version.serial}/`, `/${before.serial}/`);
}
