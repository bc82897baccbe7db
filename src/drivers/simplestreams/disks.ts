import { architectureOf } from '../../core/architecture.ts';
import type { ImgctlError } from '../../core/errors.ts';
import { isObject, objectIn, type JsonObject } from '../../core/json.ts';
import type { Signer } from '../../core/signature.ts';
import { bySerial } from '../_published/find.ts';
import { publishedPath } from '../_published/path.ts';
import { attributeOf, textOf, withAliases, type Layers } from './attributes.ts';
import { isDisk } from './disk-types.ts';

/** One version of a product that has disks. */
export interface Version {
  readonly product: string;
  readonly serial: string;
  /** No other version of the product is newer. */
  readonly isNewest: boolean;
  readonly signer: Signer | undefined;
  /** The version itself, its product, the document. */
  readonly layers: Layers;
  /** What holds a disk, by key. */
  readonly items: readonly (readonly [key: string, item: JsonObject])[];
}

/** One disk of one version of a product. */
export interface Disk {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  readonly ftype: string;
  /** Below the root, encoded. */
  readonly path: string;
  readonly architecture: string | undefined;
  /** The item itself, and the layers of its version. */
  readonly layers: Layers;
  readonly version: Version;
  /** Of the disks of its version the one that is meant; of two with the same rank both. */
  readonly isPreferred: boolean;
}

/** All that is published. `failed`: products that could not be read, while others could. */
export interface Published {
  readonly versions: readonly Version[];
  readonly failed: ImgctlError | undefined;
}

export interface Found {
  readonly versions: readonly Version[];
  /** Ids of items whose paths lead elsewhere. */
  readonly unsafe: readonly string[];
}

/** A serial begins with a day. */
export const isDated = (serial: string): boolean => /^\d{8}[^/]*$/.test(serial);
const idOf = (product: string, serial: string, key: string): string => `${product}/${serial}/${key}`;

/** All versions of a products document that have disks, the newest of each product first. */
export function versionsIn(document: JsonObject, signer: Signer | undefined): Found {
  const aliases = objectIn(document._aliases);
  const top = withAliases(document, aliases);
  const found: Version[] = [];
  const unsafe: string[] = [];
  for (const [product, told] of Object.entries(objectIn(document.products))) {
    if (!isObject(told) || product.includes('/')) continue;
    const ofProduct = withAliases(told, aliases);
    let isNewest = true;
    const versions = objectIn(told.versions);
    for (const serial of Object.keys(versions).filter(isDated).sort(bySerial).reverse()) {
      const own = objectIn(versions[serial]);
      const layers = [withAliases(own, aliases), ofProduct, top];
      const items: (readonly [string, JsonObject])[] = [];
      for (const [key, told] of Object.entries(objectIn(own.items))) {
        if (!isObject(told) || key.includes('/')) continue;
        const item = withAliases(told, aliases);
        const path = diskPath(item, layers);
        if (path === undefined) continue;
        if (publishedPath(path) === undefined) unsafe.push(idOf(product, serial, key));
        else items.push([key, item]);
      }
      if (items.length > 0) found.push({ product, serial, isNewest, signer, layers, items });
      if (items.length > 0) isNewest = false;
    }
  }
  return { versions: found, unsafe };
}

/** What holds for an item, without making a list of its layers. */
const ofItem = (item: JsonObject, layers: Layers, name: string): string | undefined =>
  typeof item[name] === 'string' ? item[name] : textOf([item, ...layers], name);

/** The path of an item as it is written; absent: it is no disk. */
function diskPath(item: JsonObject, layers: Layers): string | undefined {
  const ftype = ofItem(item, layers, 'ftype');
  return ftype === undefined || !isDisk(ftype) ? undefined : ofItem(item, layers, 'path');
}

/** The disks of one version: the bare name is that of the one that is meant. `ranks`: kinds of disks, the best first. */
export function disksOf(version: Version, ranks: readonly string[]): readonly Disk[] {
  const bare = version.items.map(([key, item]) => {
    const layers = [item, ...version.layers];
    return { key, layers, ftype: textOf(layers, 'ftype') ?? '' };
  });
  const rankOf = (ftype: string): number => (ranks.includes(ftype) ? ranks.indexOf(ftype) : ranks.length);
  const best = Math.min(...bare.map(({ ftype }) => rankOf(ftype)));
  const isOneBest = bare.filter(({ ftype }) => rankOf(ftype) === best).length === 1;
  return bare.map(({ key, layers, ftype }) => {
    const isPreferred = best < ranks.length && rankOf(ftype) === best;
    const name = nameOf(layers, version);
    const arch = textOf(layers, 'arch');
    return {
      id: idOf(version.product, version.serial, key),
      name: isPreferred && isOneBest ? name : `${name}-${key}`,
      key,
      ftype,
      path: publishedPath(textOf(layers, 'path') ?? '') ?? '',
      architecture: arch === undefined ? undefined : architectureOf(arch),
      layers,
      version,
      isPreferred,
    };
  });
}

function nameOf(layers: Layers, { serial, product }: Version): string {
  const pubname = textOf(layers, 'pubname');
  if (pubname !== undefined && pubname !== '') return pubname;
  const parts = ['os', 'release', 'version', 'variant', 'arch'].flatMap((name) => attributeOf(layers, name) ?? []);
  return [...(parts.length > 0 ? parts : [product]), serial].join('-');
}
