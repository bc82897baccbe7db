import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { sayNotRun } from '../daemon.ts';

/** Where `go install` puts programs, unless it was told another folder. */
const goFolder = path.join(process.env.GOPATH ?? path.join(homedir(), 'go'), 'bin');

/** Another tool for registries, or why there is none. */
export interface Peer {
  readonly missing?: string;
  /** What it prints, errors as well. Throws where it fails. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
}

/** The program of a name, in PATH or where Go puts it. Says loudly where it is not there. `from`: how it is got. */
export function peer(name: string, from: string): Peer {
  const inPath = spawnSync('/bin/sh', ['-c', `command -v ${name}`]).status === 0;
  const program = inPath ? name : path.join(goFolder, name);
  const missing = inPath || existsSync(program) ? undefined : `${name} is not there: ${from}`;
  if (missing !== undefined) sayNotRun(`A REGISTRY, BESIDE ${name.toUpperCase()}`, missing);
  return {
    ...(missing === undefined ? {} : { missing }),
    async run(args, env = {}) {
      const { stdout, stderr } = await promisify(execFile)(program, [...args], { env: { ...process.env, ...env } });
      return `${stdout}${stderr}`;
    },
  };
}
