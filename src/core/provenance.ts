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

const prefix = 'imgctl.source.';
const fields = ['url', 'digest', 'signer', 'serial'] as const satisfies readonly (keyof Provenance)[];

/** As properties of an image, by which `show` tells it, a copy hands it on and a later run knows what is there. */
export const provenanceProperties = (proved: Provenance): Readonly<Record<string, string>> =>
  Object.fromEntries(fields.flatMap((field) => (proved[field] === undefined ? [] : [[`${prefix}${field}`, proved[field]]])));

/** What the properties of an image say of where it comes from. Whoever may change the image may have written them. */
export const provenanceIn = (properties: Readonly<Record<string, string>>): Provenance =>
  Object.fromEntries(
    fields.flatMap((field) => {
      const value = properties[`${prefix}${field}`];
      return value === undefined ? [] : [[field, value]];
    }),
  );
