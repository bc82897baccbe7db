/** Bytes that are not what the standard says they must be. Never leaves this folder: who verifies says what it means. */
export class Malformed extends Error {}

/** Bytes that are read one field after the other; what lies behind their end is never read. */
export class Octets {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get at(): number {
    return this.#at;
  }

  get ended(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The next bytes, without a copy. Malformed where there are fewer. */
  take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new Malformed('cut short');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  number(octets: 1 | 2 | 4): number {
    return this.take(octets).readUIntBE(0, octets);
  }

  rest(): Buffer {
    return this.take(this.#bytes.length - this.#at);
  }

  /** A multiprecision integer: its length in bits, then its bytes. */
  integer(): Buffer {
    return this.take((this.number(2) + 7) >> 3);
  }
}

/** With zeros in front, to a length. What is longer stays as it is. */
export function padded(bytes: Uint8Array, length: number): Buffer {
  return Buffer.concat([Buffer.alloc(Math.max(0, length - bytes.length)), bytes]);
}

export const upperHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex').toUpperCase();

/** The last sixteen digits of a fingerprint name the key too. */
export const keyIdOf = (fingerprint: string): string => fingerprint.slice(-16);
