import path from 'node:path';
import { stageOf } from '../clouds/index.ts';
import { profileVariables } from '../commands/stage.ts';
import type { RunningCloud, Seed } from '../conformance/cloud.ts';
import { cliHome, type CliHome, type CliResult } from '../support/run-cli.ts';
import { copyProgram, type Death, type Ended } from './program.ts';

const providers = { folder: 'local', cloud: 'openstack', registry: 'oci' } as const;
export type Target = keyof typeof providers;
export const targets = Object.keys(providers) as readonly Target[];

export interface Shown {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly hidden?: boolean;
  readonly contentId?: string;
  readonly properties: Readonly<Record<string, string>>;
}

export const isRetired = ({ properties }: Shown): boolean => properties['imgctl.retired'] !== undefined;
/** Whether anybody who looks for an image finds this one, and can use it. */
export const isInService = ({ status, hidden }: Shown): boolean => status === 'active' && hidden !== true;

/** A folder, a cloud and a registry, a profile for each, and the built program in a home of its own. */
export interface ThreeTargets {
  readonly home: CliHome;
  /** Runs a command line in this process. */
  run(...args: readonly string[]): Promise<CliResult>;
  /** As `run`, with its output as JSON. Throws where it fails. */
  ok(...args: readonly string[]): Promise<unknown>;
  /** Runs the program in a process of its own. */
  program(args: readonly string[], death?: Death): Promise<Ended>;
  seed(target: Target, images: readonly Seed[]): Promise<readonly string[]>;
  /** One's own images, hidden ones too. */
  images(target: Target): Promise<readonly Shown[]>;
  /** Name of the image that a channel gives to whoever asks for it; where that is nothing that can be used, why. */
  given(target: Target, channel: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startTargets(): Promise<ThreeTargets> {
  const home = cliHome();
  const program = copyProgram(path.join(home.folder, 'program'));
  const clouds = new Map<Target, RunningCloud>();
  const env: Record<string, string> = {};
  for (const target of targets) {
    const cloud = await stageOf(providers[target]).cloud.start();
    clouds.set(target, cloud);
    Object.assign(env, profileVariables(target, providers[target], cloud.values));
  }
  const run: ThreeTargets['run'] = (...args) => home.run(args, { env });
  const ok: ThreeTargets['ok'] = async (...args) => {
    const result = await run(...args, '-o', 'json');
    if (result.exitCode !== 0) throw new Error(`${args.join(' ')} (${result.exitCode}): ${result.stderr}`);
    return result.json();
  };
  return {
    home,
    run,
    ok,
    program: (args, death) => program(args, { HOME: home.folder, TMPDIR: home.folder, ...env }, death),
    seed: async (target, images) => (await clouds.get(target)?.seed(images)) ?? [],
    images: async (target) => (await ok('list', '-p', target, '--mine', '--hidden')) as readonly Shown[],
    async given(target, channel) {
      const shown = await run('show', `${target}:${channel}`, '-o', 'json');
      if (shown.exitCode !== 0) return `nothing (${shown.exitCode}): ${shown.stderr}`;
      const image = shown.json() as Shown;
      return isInService(image) ? image.name : `out of use: ${image.name}`;
    },
    async stop() {
      await Promise.all([...clouds.values()].map((cloud) => cloud.stop()));
      await home.remove();
    },
  };
}
