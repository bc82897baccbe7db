import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { sayNotRun } from './daemon.ts';
import { valuesFor, type User } from './real-cloud.ts';
import type { Bed } from './setup.ts';

const exec = promisify(execFile);
const release = '0.20261006.0';
const folder = path.join(tmpdir(), `imgctl-image-manager-${release}`);

/** The manager of OSISM: that of `IMAGE_MANAGER`, else from PyPI into a folder of its own. */
async function managerFrom(): Promise<readonly [program: string, ...args: readonly string[]]> {
  const given = process.env.IMAGE_MANAGER;
  if (given !== undefined) return [given];
  // What was installed elsewhere names the Python of that place.
  const [python, program] = ['python3', 'openstack-image-manager'].map((name) => path.join(folder, 'bin', name));
  if (python === undefined || program === undefined) throw new Error(folder);
  if (existsSync(program)) return [python, program];
  // Half of it never counts as whole.
  const begun = `${folder}.${process.pid}`;
  await mkdir(begun, { recursive: true });
  try {
    await exec('python3', ['-m', 'venv', begun]);
    const wanted = ['install', '-q', '--disable-pip-version-check', '--retries', '1', '--timeout', '20'];
    const pip = ['-m', 'pip', ...wanted, `openstack-image-manager==${release}`];
    await exec(path.join(begun, 'bin', 'python3'), pip, { timeout: 240_000 });
    await rename(begun, folder);
  } finally {
    await rm(begun, { recursive: true, force: true });
  }
  return [python, program];
}

/** Runs it on a file, as a user of the bed. Rejects with what it said where it ends otherwise than well. */
export type ImageManager = (file: string, user: User, region: string) => Promise<string>;

/** The manager, or why there is none, which is said loudly. */
export async function imageManager(bed: Bed): Promise<ImageManager | undefined> {
  let program: Awaited<ReturnType<typeof managerFrom>>;
  try {
    program = await managerFrom();
  } catch (error) {
    sayNotRun('THE IMAGE MANAGER OF OSISM', String(error).split('\n').slice(0, 3).join(' '));
    return undefined;
  }
  return async (file, user, region) => {
    const { authUrl, username, password, project } = valuesFor(bed, user, region);
    const env = {
      PATH: process.env.PATH ?? '',
      HOME: tmpdir(),
      OS_AUTH_URL: authUrl,
      OS_USERNAME: username,
      OS_PASSWORD: password,
      OS_PROJECT_NAME: project,
      OS_USER_DOMAIN_NAME: 'Default',
      OS_PROJECT_DOMAIN_NAME: 'Default',
      OS_REGION_NAME: region,
      OS_IDENTITY_API_VERSION: '3',
    };
    const { stderr } = await exec(program[0], [...program.slice(1), '--images', file], { env, timeout: 240_000 });
    return stderr;
  };
}
