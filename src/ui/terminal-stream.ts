import { Writable } from 'node:stream';
import type { Io } from './io.ts';

const escape = '\u001b[';

/** Stderr's terminal as a stream with cursor movements, for what draws on it. Writing goes on when nobody reads any more. */
export class TerminalStream extends Writable {
  readonly isTTY = true;
  readonly #io: Io;

  constructor(io: Io) {
    super({
      decodeStrings: false,
      // Handed on at once, never waited for: what is drawn now must not appear after what is printed next.
      write: (chunk: string | Uint8Array, _encoding, done) => {
        void io.stderr.write(chunk.toString()).catch(() => {});
        done();
      },
    });
    this.#io = io;
  }

  get columns(): number {
    return Math.max(1, this.#io.stderrColumns);
  }

  cursorTo(column: number): boolean {
    return this.write(`${escape}${column + 1}G`);
  }

  moveCursor(columns: number, rows: number): boolean {
    const sideways = columns === 0 ? '' : `${escape}${Math.abs(columns)}${columns < 0 ? 'D' : 'C'}`;
    const upOrDown = rows === 0 ? '' : `${escape}${Math.abs(rows)}${rows < 0 ? 'A' : 'B'}`;
    return this.write(sideways + upOrDown);
  }

  clearLine(): boolean {
    return this.write(`${escape}2K`);
  }

  showCursor(shown: boolean): void {
    this.write(`${escape}?25${shown ? 'h' : 'l'}`);
  }
}
