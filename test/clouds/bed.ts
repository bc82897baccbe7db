import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fieldVariable } from '../../src/profiles/resolve.ts';
import { cliHome, type CliHome, type CliResult } from '../support/run-cli.ts';
import type { BedCloud, Identities } from './bed-cloud.ts';
import { stages } from './index.ts';

type TimedResult = CliResult & { readonly ms: number };

/** A home with a profile for each cloud, all of it in the environment: no file is read. */
export interface Bed {
  readonly home: CliHome;
  /** By the name of their profile. */
  readonly clouds: Readonly<Record<string, BedCloud>>;
  readonly env: Readonly<Record<string, string>>;
  cloud(profile: string): BedCloud;
  run(...args: readonly string[]): Promise<TimedResult>;
  /** As `run`, with something on stdin. */
  feed(stdin: Uint8Array | undefined, ...args: readonly string[]): Promise<TimedResult>;
  file(name: string, data: Buffer): string;
  read(name: string): Buffer | undefined;
  stop(): Promise<void>;
}

const beds = Object.assign({}, ...Object.values(stages).map((stage) => stage.beds)) as (typeof stages)['local']['beds'];

/** `profiles`: the cloud of each. `identity`: what their services are shown with over TLS; absent: plain http. */
export async function makeBed(profiles: Readonly<Record<string, string>>, identity?: Identities): Promise<Bed> {
  const home = cliHome();
  const clouds: Record<string, BedCloud> = {};
  const env: Record<string, string> = {};
  for (const [name, word] of Object.entries(profiles)) {
    const start = beds[word];
    if (!start) throw new Error(`no cloud is called ${word}`);
    const cloud = await start(identity);
    clouds[name] = cloud;
    env[`IMGCTL_PROFILE_${name.toUpperCase()}_PROVIDER`] = cloud.provider;
    for (const [field, value] of Object.entries(cloud.values)) env[fieldVariable(name, field)] = value;
  }
  async function feed(stdin: Uint8Array | undefined, ...args: readonly string[]): Promise<TimedResult> {
    const since = performance.now();
    const result = await home.run(args, { env, ...(stdin ? { stdin } : {}) });
    return { ...result, ms: performance.now() - since };
  }
  return {
    home,
    clouds,
    env,
    cloud(profile) {
      const found = clouds[profile];
      if (!found) throw new Error(`no cloud ${profile}`);
      return found;
    },
    run: (...args) => feed(undefined, ...args),
    feed,
    file(name, data) {
      const file = path.join(home.folder, name);
      writeFileSync(file, data);
      return file;
    },
    read(name) {
      try {
        return readFileSync(path.join(home.folder, name));
      } catch {
        return undefined;
      }
    },
    async stop() {
      await Promise.all(Object.values(clouds).map((cloud) => cloud.stop()));
      await home.remove();
    },
  };
}
