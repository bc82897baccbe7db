/** A word that may stand at the cursor. One that ends in `:`, `=` or `,` goes on. */
export interface Candidate {
  readonly text: string;
  readonly about?: string;
}
