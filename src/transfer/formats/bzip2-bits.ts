import { findingError } from './findings.ts';

/** Reads bits, the most significant first, from bytes that are appended to as they come. */
export class BitReader {
  private bytes: Uint8Array = new Uint8Array();
  private at = 0;
  /** Bits read from `bytes` and not handed out yet, the last `held` of this number. */
  private hold = 0;
  private held = 0;

  get bytesLeft(): number {
    return this.bytes.length - this.at + (this.held >>> 3);
  }

  append(pieces: readonly Uint8Array[]): void {
    this.bytes = Buffer.concat([this.bytes.subarray(this.at), ...pieces]);
    this.at = 0;
  }

  /** Up to 24 bits. INTEGRITY (`truncated`) at the end. */
  read(count: number): number {
    const value = this.peek(count);
    this.skip(count);
    return value;
  }

  /** The next bits, up to 24, still there to be read; behind the end there are zeros. */
  peek(count: number): number {
    while (this.held < count) {
      const byte = this.bytes[this.at];
      if (byte === undefined) return (this.hold << (count - this.held)) & ((1 << count) - 1);
      this.at += 1;
      this.hold = ((this.hold << 8) | byte) & 0x7fffffff;
      this.held += 8;
    }
    return (this.hold >>> (this.held - count)) & ((1 << count) - 1);
  }

  /** Uses up bits that have been looked at. INTEGRITY (`truncated`) where there were fewer. */
  skip(count: number): void {
    if (this.held < count) throw findingError('truncated', 'the bzip2 data is truncated');
    this.held -= count;
  }

  readUint32(): number {
    return this.read(16) * 65536 + this.read(16);
  }

  alignToByte(): void {
    this.held -= this.held % 8;
  }

  /** Skips zero bytes, as far as there are bytes; false as soon as another one stands there. Only on a byte border. */
  skipZeroBytes(): boolean {
    while (this.bytesLeft > 0) {
      if (this.read(8) !== 0) {
        this.held += 8;
        return false;
      }
    }
    return true;
  }
}
