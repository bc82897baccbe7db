import { conflictError } from '../../../core/errors.ts';
import { given, type Image } from '../../../core/image.ts';
import { isObject, textIn, type JsonObject } from '../../../core/json.ts';
import type {
  NewVersion,
  Published,
  PublishedFile,
  ReadText,
  Tree,
  TreeDocument,
  TreeWishes,
  WrittenDisk,
} from '../../../core/publication.ts';
import { architectureOf, publishedArchitecture } from '../../../core/architecture.ts';
import { bySerial } from '../../_published/find.ts';
import { documentsOf, readDocuments, type Documents } from './documents.ts';
import { aliasesFor, safeName } from './names.ts';
import { forgetting, retiredIn, retiring } from './retired.ts';
import { freeSerial } from './serial.ts';
import { holds, isAssumed, isOurs, metadataOf, placedFiles, publishedIn, systemOf, versionOf, type Standing } from './version.ts';

/** Fields of a product that are those of its newest version. */
const ofNewest = ['os', 'release', 'version', 'release_title', 'support_eol'];

const usualArchitecture = 'amd64';

/** The tree of which these are the documents. Throws CONFLICT for what cannot be added to. */
export async function openTree(read: ReadText, wishes: TreeWishes): Promise<Tree> {
  const documents = await readDocuments(read, wishes.isSigned);
  const isDated = typeof documents.head.updated === 'string';
  return new StreamsTree(isDated ? documents : { ...documents, changedAt: wishes.now }, wishes);
}

class StreamsTree implements Tree {
  #documents: Documents;
  readonly #wishes: TreeWishes;
  /** Serials that were given out, by product. */
  readonly #begun = new Map<string, readonly string[]>();

  constructor(documents: Documents, wishes: TreeWishes) {
    this.#documents = documents;
    this.#wishes = wishes;
  }

  architectureOf(image: Image): string {
    if (image.architecture) return publishedArchitecture(architectureOf(image.architecture));
    const { architecture } = this.#wishes;
    if (architecture !== undefined) return architecture;
    const [known] = [...this.#named(image, (version) => holds(version, image)), ...this.#named(image, isAssumed)];
    return known?.product.split(':')[1] ?? usualArchitecture;
  }

  productOf(image: Image): string {
    return `${productStart(image)}${safeName(this.architectureOf(image))}`;
  }

  /** Versions of products of its name, for any architecture. */
  #named(image: Image, isMeant: (version: JsonObject) => boolean): readonly Published[] {
    return Object.keys(this.#documents.products)
      .filter((name) => name.startsWith(productStart(image)) && this.#isUnderstood(name))
      .flatMap((name) => this.#published(name, isMeant));
  }

  elsewhere(image: Image): readonly Published[] {
    const own = this.productOf(image);
    return this.#named(image, (version) => holds(version, image)).filter(({ product }) => product !== own);
  }

  #isUnderstood(name: string): boolean {
    const product = this.#documents.products[name];
    return isObject(product) && isObject(product.versions);
  }

  #product(name: string): JsonObject | undefined {
    const { products } = this.#documents;
    if (!Object.hasOwn(products, name)) return undefined;
    const product = products[name];
    if (!isObject(product) || (product.versions !== undefined && !isObject(product.versions)))
      throw conflictError(`the tree has a product ${name} that is not understood`, { hint: 'Specify another folder.' });
    return product;
  }

  #versions(name: string): JsonObject {
    const versions = this.#product(name)?.versions;
    return isObject(versions) ? versions : {};
  }

  find(image: Image, disk?: Pick<WrittenDisk, 'sha256'>): readonly Published[] {
    const product = this.productOf(image);
    return disk === undefined
      ? this.#published(product, (version) => holds(version, image))
      : this.#published(product, isOurs).filter((published) => published.disk.sha256 === disk.sha256);
  }

  published(): readonly Published[] {
    return Object.keys(this.#documents.products)
      .filter((name) => this.#isUnderstood(name))
      .flatMap((name) => this.#published(name, isOurs));
  }

  /** Versions of a product, the newest first. */
  #published(product: string, isMeant: (version: JsonObject) => boolean): readonly Published[] {
    return Object.entries(this.#versions(product))
      .toSorted(([one], [other]) => bySerial(other, one))
      .flatMap(([serial, version]) => {
        const published = isObject(version) && isMeant(version) ? publishedIn(product, serial, version) : undefined;
        return published ?? [];
      });
  }

  begin(image: Image): NewVersion {
    const product = this.productOf(image);
    const begun = this.#begun.get(product) ?? [];
    const serial = freeSerial(image, [...Object.keys(this.#versions(product)), ...begun], this.#wishes.now);
    this.#begun.set(product, [...begun, serial]);
    return this.#version({ image, product, serial, arch: this.architectureOf(image) });
  }

  renew(image: Image, { product, serial }: Published, metadata?: Uint8Array): NewVersion {
    return this.#version({ image, product, serial, arch: this.architectureOf(image) }, metadata);
  }

  #version(at: Standing, metadata: Uint8Array = metadataOf(at)): NewVersion {
    const { product, serial } = at;
    return {
      product,
      serial,
      newer: this.#newer(product, serial),
      metadata,
      placed: (disk) => ({ product, serial, ...placedFiles(at, metadata, disk), fingerprint: disk.fingerprint }),
      add: (disk) => this.#add(at, metadata, disk),
    };
  }

  #add(at: Standing, metadata: Uint8Array, disk: WrittenDisk): void {
    const { image, product, serial, arch } = at;
    const before = this.#product(product) ?? {};
    const { [serial]: there, ...others } = this.#versions(product);
    const version = versionOf(at, metadata, disk, isObject(there) ? there : {});
    if (JSON.stringify(version) === JSON.stringify(there)) return;
    const isNewest = Object.keys(others).every((other) => bySerial(other, serial) <= 0);
    const kept = isNewest ? Object.fromEntries(Object.entries(before).filter(([field]) => !ofNewest.includes(field))) : before;
    const { products } = this.#documents;
    this.#documents = {
      ...this.#documents,
      changedAt: this.#wishes.now,
      products: {
        ...products,
        [product]: {
          ...kept,
          aliases: this.#aliases(at, textIn(before.aliases)),
          arch,
          ...(isNewest ? newestFields(image) : {}),
          versions: { ...this.#versions(product), [serial]: version },
        },
      },
    };
  }

  /** Those that it has, and its name, unless another product of the same architecture is called that. */
  #aliases({ image, product, arch }: Standing, before = ''): string {
    const others = Object.entries(this.#documents.products).filter(([name]) => name !== product);
    const taken = new Set(others.flatMap(([, other]) => (isObject(other) && other.arch === arch ? aliasesIn(other) : [])));
    const own = aliasesFor(image.name).filter((alias) => !taken.has(alias));
    return [...new Set([...words(before), ...own])].join(',');
  }

  keepNewest(count: number): readonly Published[] {
    const gone = this.published().filter(({ product, serial }) => this.#newer(product, serial) >= count);
    if (gone.length === 0) return [];
    const products = { ...this.#documents.products };
    for (const { product, serial } of gone) {
      const { [serial]: _gone, ...versions } = this.#versions(product);
      // What is left is read by the next turn.
      products[product] = { ...this.#product(product), versions };
      this.#documents = { ...this.#documents, products };
    }
    this.#documents = { ...retiring(this.#documents, gone), changedAt: this.#wishes.now };
    return gone;
  }

  /** How many versions of a product are newer than that serial. */
  #newer(product: string, serial: string): number {
    return Object.keys(this.#versions(product)).filter((other) => bySerial(other, serial) > 0).length;
  }

  retired(): readonly PublishedFile[] {
    return retiredIn(this.#documents);
  }

  forget(files: readonly PublishedFile[]): void {
    if (files.length > 0) this.#documents = { ...forgetting(this.#documents, files), changedAt: this.#wishes.now };
  }

  documents(): readonly TreeDocument[] {
    return documentsOf(this.#documents, this.#wishes.isSigned);
  }
}

const productStart = ({ name }: Image): string => `${safeName(name)}:`;

const words = (text: string): readonly string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
const aliasesIn = (product: JsonObject): readonly string[] => words(textIn(product.aliases) ?? '');

const newestFields = (image: Image): JsonObject =>
  given<Record<string, string>>({
    ...systemOf(image),
    release_title: image.name,
    support_eol: image.expiresAt?.slice(0, 10),
  });
