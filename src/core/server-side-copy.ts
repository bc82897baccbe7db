/**
 * How another account of the same provider can come by an image's data without its being sent. Only an account of the same
 * `realm` understands `values`.
 */
export interface Handover {
  readonly realm: string;
  readonly values: Readonly<Record<string, string>>;
}

/** The documents by which a provider knows an image, to be taken over word for word. Only a provider of the same `realm` understands `values`. */
export interface OriginalDocuments {
  readonly realm: string;
  readonly id: string;
  readonly values: Readonly<Record<string, string>>;
}
