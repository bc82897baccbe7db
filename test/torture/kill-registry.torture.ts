import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fieldVariable } from '../../src/profiles/resolve.ts';
import { valuesFor } from '../live/registry/cloud.ts';
import { missing, startRegistry, type Registry } from '../live/registry/bed.ts';
import { diskBytes } from '../support/content.ts';
import { cliHome, type CliHome } from '../support/run-cli.ts';
import { copyProgram, killedAt, type Death, type Ended, type Program } from './program.ts';
import { dice, scaled, seed, tally } from './scale.ts';

const disk = diskBytes('raw', 6 * 1024 * 1024, 5);
let home: CliHome;
let program: Program;
let registry: Registry;
let env: Readonly<Record<string, string>>;
beforeAll(async () => {
  if (missing !== undefined) return;
  home = cliHome();
  program = copyProgram(path.join(home.folder, 'program'));
  registry = await startRegistry();
  const values = { ...valuesFor(registry), chunkSize: '64KiB' };
  env = {
    IMGCTL_PROFILE_X_PROVIDER: 'oci',
    ...Object.fromEntries(Object.entries(values).map(([field, value]) => [fieldVariable('x', field), value])),
  };
});
afterAll(async () => {
  await registry?.stop();
  await home?.remove();
});

it.skipIf(missing !== undefined)(
  'an upload to a real registry, killed at any moment, is gone on with or leaves nothing',
  async () => {
    const wrong: string[] = [];
    const roll = dice(seed);
    const file = path.join(home.folder, 'disk.raw');
    const upload = (name: string, death?: Death): Promise<Ended> => {
      // Another disk each time: what is there already is not sent.
      writeFileSync(file, Buffer.concat([disk, Buffer.from(name.padEnd(512))]));
      const args = ['upload', file, '--name', `x:${name}`, '-q'];
      return program(args, { HOME: home.folder, TMPDIR: home.folder, ...env }, death);
    };
    const ops = (...args: readonly string[]) => home.run(['ops', ...args], { env });
    const named = async (name: string) =>
      (await home.run(['list', '-p', 'x', '--name', name, '-o', 'json'], { env })).json() as readonly { status: string }[];
    await upload('first');
    const { acts } = await upload('second', { atAct: Infinity });
    const kills = scaled(40, 6);
    for (let round = 0; round < kills; round += 1) {
      let name = `disk-${round}`;
      await killedAt((round + roll()) / kills, acts, (atAct) => upload((name += '-again'), { atAct }));
      const say = (what: string): void => void wrong.push(`#${round}: ${what}`);
      const [run] = (await ops('list', '-o', 'json')).json() as readonly { id: string; state: string; command: string }[];
      if (!run?.command.includes(name)) {
        if ((await named(name)).length > 0) say('there is an image, and the journal knows of none');
        continue;
      }
      if (run.state === 'done') continue;
      if (round % 2 === 0) {
        const { exitCode, stderr } = await ops('undo', run.id, '--yes');
        if (exitCode !== 0 && exitCode !== 6) say(`undo (${exitCode}): ${stderr}`);
        if (exitCode === 0 && (await named(name)).some(({ status }) => status !== 'active')) say('undo leaves a half-made image');
      } else {
        const resumed = await ops('resume', run.id, '-o', 'json');
        if (resumed.exitCode !== 0) say(`resume (${resumed.exitCode}): ${resumed.stderr}`);
        const there = path.join(home.folder, 'there.raw');
        const got = await home.run(['download', `x:${name}`, there, '--force'], { env });
        if (got.exitCode !== 0 || !readFileSync(there).equals(readFileSync(file)))
          say(`download (${got.exitCode}): ${got.stderr}`);
      }
    }
    tally('journal, uploads to a real registry in chunks, SIGKILL', kills, wrong);
    expect(wrong).toEqual([]);
  },
);
