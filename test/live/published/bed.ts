import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts } from '../free-ports.ts';

const script = path.resolve(import.meta.dirname, '../../../../shared/testbed/published-testbed');
const needed = ['gpg', 'qemu-img', 'xz', 'bzip2', 'openssl', 'tar'];
const lacking = needed.filter((program) => spawnSync(program, ['--version']).error !== undefined);

/** Why no publisher can be put up; absent: one can. */
export const missing = !existsSync(script)
  ? 'the publishers of the test bed are not beside the repository'
  : lacking.length > 0
    ? `there is no program ${lacking.join(', ')}`
    : undefined;
if (missing !== undefined)
  process.stderr.write(`\n${'!'.repeat(100)}\n!! NOTHING THAT PUBLISHERS SIGN IS READ: ${missing}\n${'!'.repeat(100)}\n\n`);

/** Signed trees of publishers on loopback, with every fault in the way they are served. */
export interface Publishers {
  /** `URL`, `OTHER_URL`, `TLS_URL`, `CA`, `KEYRING`, `KEYS`. */
  readonly at: Readonly<Record<string, string>>;
  /** What stands in a list that the bed serves, a line each. */
  listed(path: string): Promise<readonly (readonly string[])[]>;
  requests(): readonly Request[];
  stop(): void;
}

export interface Request {
  readonly url: string;
  readonly status: number;
  readonly port: number;
  readonly range?: string;
  readonly ifNoneMatch?: string;
  readonly authorization?: true;
}

export async function startPublishers(): Promise<Publishers> {
  const folder = mkdtempSync(path.join(tmpdir(), 'imgctl-publishers-'));
  const bed = (...args: readonly string[]): string => execFileSync(script, args, { encoding: 'utf8', stdio: 'pipe' });
  bed('up', folder, '--port', String(await freePorts(3, { from: 27_200 })));
  const said = bed('env', folder).matchAll(/^export PUBLISHED_(\w+)='([^']*)'$/gm);
  const at = Object.fromEntries([...said].map(([, name = '', value = '']) => [name, value]));
  return {
    at,
    listed: async (place) =>
      (await (await fetch(`${at.URL ?? ''}${place}`)).text())
        .trim()
        .split('\n')
        .map((line) => line.split('\t')),
    requests: () =>
      readFileSync(at.LOG ?? '', 'utf8')
        .split('\n')
        .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Request])),
    stop() {
      bed('down', folder, '--purge');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
