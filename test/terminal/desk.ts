import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/** A home folder with the built program in its PATH. */
export interface Desk {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  file(name: string): string;
  write(name: string, content: string | Uint8Array): string;
  /** Runs the program outside any terminal; throws when it fails. */
  imgctl(...args: readonly string[]): string;
  clear(): void;
}

export function openDesk(more: Readonly<Record<string, string>> = {}): Desk {
  if (!existsSync(path.join(root, 'dist/main.cjs'))) throw new Error('npm run build comes first');
  const folder = mkdtempSync(path.join(tmpdir(), 'imgctl-desk-'));
  const bin = path.join(folder, '.bin');
  mkdirSync(bin);
  const program = path.join(root, 'bin/imgctl.cjs');
  writeFileSync(path.join(bin, 'imgctl'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, { mode: 0o755 });
  const env = { HOME: folder, PATH: `${bin}:${path.dirname(process.execPath)}:/usr/bin:/bin`, TMPDIR: folder, ...more };
  const file = (name: string): string => path.join(folder, name);
  return {
    folder,
    env,
    file,
    write(name, content) {
      writeFileSync(file(name), content);
      return file(name);
    },
    imgctl: (...args) =>
      execFileSync(path.join(bin, 'imgctl'), args, { env, cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
    clear: () => rmSync(folder, { recursive: true, force: true }),
  };
}
