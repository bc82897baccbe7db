/** What stands in the place of a secret. */
export const mask = '[secret]';

/**
 * A value that refuses to be printed: as text, as JSON and under `util.inspect` it is the mask.
 * Only the http client, the profile store and who signs requests call `reveal`.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. */
  reveal(): string {
    return this.#value;
  }

  /** A secret made from this one, such as a header value around a token. */
  map(change: (value: string) => string): Secret {
    return new Secret(change(this.#value));
  }

  toString(): string {
    return mask;
  }

  toJSON(): string {
    return mask;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return mask;
  }
}

/** HTTP Basic credentials as a header value (RFC 7617). */
export function basicAuthorization(user: string, password: Secret): Secret {
  return password.map((value) => `Basic ${Buffer.from(`${user}:${value}`, 'utf8').toString('base64')}`);
}
