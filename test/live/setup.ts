import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { sayNotRun } from './daemon.ts';
import { freePorts } from './free-ports.ts';

/** What `openstack-bed` brought up. */
export interface Bed {
  /** First of ten ports; those from the fourth on are for whatever web-download shall fetch. */
  readonly port: number;
  readonly keystone: string;
  readonly glance: Readonly<Record<string, string>>;
  /** Ids by name. */
  readonly projects: Readonly<Record<string, string>>;
  readonly applicationCredentialId: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** The bed, or why there is none. */
    bed: Bed | { readonly missing: string };
  }
}

const script = fileURLToPath(new URL('openstack-bed', import.meta.url));
const cannot = 77;

function run(args: readonly string[]): Promise<{ status: number | null; said: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(script, args, { stdio: ['ignore', 'inherit', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
      process.stderr.write(chunk);
    });
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, said }));
  });
}

/** Brings Keystone and Glance up for all live tests. Where that cannot be done, says so and lets them skip. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'openstack-bed-'));
  const { status, said } = await run([
    'up',
    folder,
    '--port',
    String(await freePorts(10, { from: 15_000, step: 20 })),
    '--owner',
    String(process.pid),
  ]);
  if (status === cannot) {
    await rm(folder, { recursive: true, force: true });
    const missing = said.trim().split('\n').at(-1)?.replace('openstack-bed: ', '') ?? 'unknown';
    sayNotRun('A REAL GLANCE', missing);
    project.provide('bed', { missing });
    return () => Promise.resolve();
  }
  if (status !== 0) throw new Error(`openstack-bed up failed (${String(status)}); its logs are in ${folder}/log`);
  project.provide('bed', JSON.parse(await readFile(join(folder, 'bed.json'), 'utf8')) as Bed);
  return async () => void (await run(['down', folder]));
}
