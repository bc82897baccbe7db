import { architectureOf } from '../_published/architecture.ts';
import type { ImgctlError } from '../../core/errors.ts';
import type { Signer } from '../../core/signature.ts';
import { isObject, type JsonObject } from '../_published/json.ts';
import { publishedPath } from '../_published/path.ts';
import { attributeOf, textOf, withAliases, type Layers } from './attributes.ts';
import { isDisk } from './disk-types.ts';

/** One disk of one version of a product. */
export interface Disk {
  readonly id: string;
  readonly name: string;
  readonly product: string;
  readonly serial: string;
  readonly key: string;
  readonly ftype: string;
  /** Below the root, encoded. */
  readonly path: string;
  readonly architecture: string | undefined;
  /** The item itself, its version, its product, the document. */
  readonly layers: Layers;
  readonly signer: Signer | undefined;
  /** No other version of the product is newer. */
  readonly isNewest: boolean;
  /** Of the disks of its version the one that is meant; of two with the same rank both. */
  readonly isPreferred: boolean;
}

/** All disks that are published. `failed`: products that could not be read, while others could. */
export interface Published {
  readonly disks: readonly Disk[];
  readonly failed: ImgctlError | undefined;
}

export interface Found {
  readonly disks: readonly Disk[];
  /** Ids of items whose paths lead elsewhere. */
  readonly unsafe: readonly string[];
}

interface Around {
  readonly product: string;
  readonly serial: string;
  readonly signer: Signer | undefined;
}
type Bare = Omit<Disk, 'id' | 'name' | 'isNewest' | 'isPreferred'>;

const objectIn = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** Serials are in the order of their bytes, as every client of the format has them. */
export const bySerial = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** All disks of a products document, the newest of each product first. `ranks`: kinds of disks, the best first. */
export function disksIn(document: JsonObject, ranks: readonly string[], signer: Signer | undefined): Found {
  const aliases = objectIn(document._aliases);
  const top = withAliases(document, aliases);
  const disks: Disk[] = [];
  const unsafe: string[] = [];
  for (const [product, told] of Object.entries(objectIn(document.products))) {
    if (!isObject(told) || product.includes('/')) continue;
    const ofProduct = [withAliases(told, aliases), top];
    let isNewest = true;
    const versions = objectIn(told.versions);
    for (const serial of Object.keys(versions).filter(isDated).sort(bySerial).reverse()) {
      const version = objectIn(versions[serial]);
      const ofVersion = [withAliases(version, aliases), ...ofProduct];
      const items = objectIn(version.items);
      const bare: Bare[] = [];
      for (const key in items) {
        const item = items[key];
        if (!isObject(item) || key.includes('/')) continue;
        const disk = diskOf(key, [withAliases(item, aliases), ...ofVersion], { product, serial, signer });
        if (disk === 'unsafe') unsafe.push(`${product}/${serial}/${key}`);
        else if (disk) bare.push(disk);
      }
      disks.push(...named(bare, ranks, isNewest));
      if (bare.length > 0) isNewest = false;
    }
  }
  return { disks, unsafe };
}

const isDated = (serial: string): boolean => /^\d{8}[^/]*$/.test(serial);

function diskOf(key: string, layers: Layers, around: Around): Bare | 'unsafe' | undefined {
  const ftype = textOf(layers, 'ftype');
  if (ftype === undefined || !isDisk(ftype)) return undefined;
  const [written, arch] = [textOf(layers, 'path'), textOf(layers, 'arch')];
  if (written === undefined) return undefined;
  const path = publishedPath(written);
  if (path === undefined) return 'unsafe';
  return { ...around, key, ftype, path, architecture: arch === undefined ? undefined : architectureOf(arch), layers };
}

/** The disks of one version with their ids and names: the bare name is that of the one that is meant. */
function named(disks: readonly Bare[], ranks: readonly string[], isNewest: boolean): readonly Disk[] {
  const rankOf = ({ ftype }: Bare): number => (ranks.includes(ftype) ? ranks.indexOf(ftype) : ranks.length);
  const best = Math.min(...disks.map(rankOf));
  const isOneBest = disks.filter((disk) => rankOf(disk) === best).length === 1;
  return disks.map((disk) => {
    const isPreferred = best < ranks.length && rankOf(disk) === best;
    const name = nameOf(disk);
    return {
      ...disk,
      id: `${disk.product}/${disk.serial}/${disk.key}`,
      name: isPreferred && isOneBest ? name : `${name}-${disk.key}`,
      isNewest,
      isPreferred,
    };
  });
}

function nameOf({ layers, serial, product }: Bare): string {
  const pubname = textOf(layers, 'pubname');
  if (pubname !== undefined && pubname !== '') return pubname;
  const parts = ['os', 'release', 'version', 'variant', 'arch'].flatMap((name) => attributeOf(layers, name) ?? []);
  return [...(parts.length > 0 ? parts : [product]), serial].join('-');
}
