/** What was proved of where bytes come from; an absent field was not. */
export interface Provenance {
  /** The immutable address that they were read from, without credentials. */
  readonly url?: string | undefined;
  /** Digest of the bytes as they are published, as `sha256:HEX`. */
  readonly digest?: string | undefined;
  /** Fingerprint of the key by which the digest, or the bytes, are signed. */
  readonly signer?: string | undefined;
  /** The publisher's version of the image; later ones sort behind earlier ones, byte by byte. */
  readonly serial?: string | undefined;
}

/** What became of one thing that is on record of an image, once it was checked again. */
export interface ProvenanceFinding {
  readonly profile: string;
  /** Id of the image. */
  readonly image: string;
  readonly name: string;
  /** `data`: the digest that its provider gives; `content`: the content id; the others as in `Provenance`. */
  readonly claim: 'data' | 'content' | keyof Provenance;
  readonly result: 'proved' | 'differs' | 'unchecked';
  /** What is on record. Absent: nothing. */
  readonly recorded?: string;
  /** By what it was proved, what is there instead, or why it could not be checked. */
  readonly message: string;
}

/**
 * What keeps an image from being proved: what is on record and could not be checked, and the publisher's digest in any case. What is not
 * on record otherwise keeps nothing from being proved: not everything that is published is signed.
 */
export const unproved = (findings: readonly ProvenanceFinding[]): readonly ProvenanceFinding[] =>
  findings.filter(({ claim, result, recorded }) => result === 'unchecked' && (recorded !== undefined || claim === 'digest'));

export type Properties = Readonly<Record<string, string>>;

const prefix = 'imgctl.source.';
const fields = ['url', 'digest', 'signer', 'serial'] as const satisfies readonly (keyof Provenance)[];

/** Whether a property says where an image comes from. */
export const isProvenanceProperty = (name: string): boolean => name.startsWith(prefix);

/** As properties of an image, by which `show` tells it, a copy hands it on and a later run knows what is there. */
export const provenanceProperties = (proved: Provenance): Properties =>
  Object.fromEntries(fields.flatMap((field) => (proved[field] === undefined ? [] : [[`${prefix}${field}`, proved[field]]])));

/** What the properties of an image say of where it comes from. Whoever may change the image may have written them. */
export const provenanceIn = (properties: Properties): Provenance =>
  Object.fromEntries(
    fields.flatMap((field) => {
      const value = properties[`${prefix}${field}`];
      return value === undefined ? [] : [[field, value]];
    }),
  );

/** Names of the properties by which the product is known that an image is a version of, besides its address. */
export const productProperties = ['product_name', 'os_distro'] as const;

/** Orders serials by their bytes, as publishers do. */
export const compareSerials = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/**
 * Whether two images are versions of one product, by what their properties say: its name, the system in it, or addresses that are the
 * same but for the serial. Absent: they do not tell.
 */
export function areOfOneProduct(a: Properties, b: Properties): boolean | undefined {
  if (a.product_name !== undefined && b.product_name !== undefined) return a.product_name === b.product_name;
  if (differ(a.os_distro, b.os_distro)) return false;
  const [left, right] = [addressBut(a), addressBut(b)];
  return left !== undefined && left === right ? true : undefined;
}

const differ = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && b !== undefined && a.toLowerCase() !== b.toLowerCase();

/** The address of an image without its serial. */
function addressBut(properties: Properties): string | undefined {
  const { url, serial } = provenanceIn(properties);
  return url === undefined || !serial ? undefined : url.replaceAll(serial, '*');
}
