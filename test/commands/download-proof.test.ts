import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stages, withVerbs } from '../clouds/index.ts';
import type { RunningCloud } from '../conformance/cloud.ts';
import { qcow2Image } from '../support/disk-images.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();

describe.each(withVerbs(Object.entries(stages), 'download'))('a download from %s', (provider, { cloud: { start } }) => {
  let cloud: RunningCloud;
  let env: Readonly<Record<string, string>>;
  beforeAll(async () => {
    cloud = await start();
    env = profileVariables('p', provider, cloud.values);
  });
  afterAll(() => cloud.stop());

  it.each(['as it is', 'converted'])('%s says what it was verified by, or that it was not', async (how) => {
    const wanted = how === 'converted' ? 'qcow2' : 'raw';
    const disk = how === 'converted' ? smallDisk(2) : qcow2Image(smallDisk(3));
    const [id = ''] = await cloud.seed([{ name: `proof-${wanted}`, data: disk }]);
    const line = ['download', id, stage.file(`${wanted}.out`), ...(how === 'converted' ? ['--disk-format', wanted] : [])];
    const { json, stderr } = await stage.ok([...line, '-p', 'p', '-o', 'json', '--force'], { env });
    const { verifiedBy } = json() as { readonly verifiedBy?: string };
    expect(`${verifiedBy ?? 'not verified'} ${stderr}`).toMatch(
      /^(?:(?:blocks-)?sha\d+|md5) (?!.*not verified)|^not verified .*not verified/s,
    );
  });
});
