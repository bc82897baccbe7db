// Disks to measure with.
import { execFileSync } from 'node:child_process';

const node = process.execPath;
export const sh = (command, cwd) => execFileSync('bash', ['-c', command], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });

/**
 * A disk as distributions ship it: `dataBytes` of this machine's own programs, libraries and documents, in pieces of 1 MiB that
 * lie all over it, with zeros between.
 */
export function makeDisk(file, bytes, dataBytes) {
  sh(
    `find /usr/bin /usr/lib /usr/share -type f -size -64M -print0 | sort -z | xargs -0 cat 2>/dev/null | head -c ${dataBytes} > ${file}.data || true`,
  );
  const script = `
    const { openSync, readSync, writeSync, ftruncateSync, fstatSync } = require('node:fs');
    const from = openSync(${JSON.stringify(file)} + '.data', 'r'); const to = openSync(${JSON.stringify(file)}, 'w');
    const piece = Buffer.alloc(1 << 20); const pieces = Math.floor(fstatSync(from).size / piece.length);
    for (let i = 0; i < pieces; i++) {
      readSync(from, piece, 0, piece.length, i * piece.length);
      writeSync(to, piece, 0, piece.length, Math.floor(i * (${bytes} - piece.length) / pieces / 65536) * 65536);
    }
    ftruncateSync(to, ${bytes});`;
  execFileSync(node, ['-e', script]);
  sh(`rm ${file}.data`);
}
