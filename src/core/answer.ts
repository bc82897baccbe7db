/** Header names are in lower case; a repeated header is joined by ", ". */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** By what its server knows the request; absent: it does not say. */
  readonly requestId?: string;
}
