import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAws } from '../clouds/aws/index.ts';
import { overNetwork } from '../clouds/index.ts';
import type { RunningCloud } from '../conformance/cloud.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';

type Asked = { readonly method: string; readonly path: string };

const stage = commandStage();
const carriers = overNetwork.flatMap(([provider, { cloud, wire, driver, samples }]) => {
  const { sends } = wire;
  // Another region than the profile's, where that is one that is spoken to.
  const elsewhere = driver.facts.upload?.place === 'region' && samples.place ? [['--region', samples.place]] : [];
  return sends ? [[provider, { cloud, sends: (asked: Asked) => sends(asked), elsewhere }] as const] : [];
});

/** Commands of this program that are told to be typed, as words. */
const told = (stderr: string): readonly (readonly string[])[] =>
  [...stderr.matchAll(/with: imgctl ([^\n]+)/g)].map(([, line = '']) => line.split(' '));

describe.each(carriers)('what a failed upload to %s could not take back', (provider, { cloud: kind, sends, elsewhere }) => {
  let cloud: RunningCloud;
  beforeEach(async () => {
    cloud = await kind.start();
  });
  afterEach(() => cloud.stop());

  it.each([[], ['--no-journal'], ...elsewhere])('is taken away by what is told to be typed %s', async (...more) => {
    const env = profileVariables('x', provider, cloud.values);
    let isDown = true;
    let isSending = false;
    const on = (request: { method: string; path: string }): boolean => isDown && (isSending ||= sends(request));
    cloud.fail({ kind: 'answer', status: 500, body: 'down', times: 1e6, on });
    const line = ['upload', stage.write('d.raw', smallDisk()), '--name', 'web', '-p', 'x', '--retries', '0', ...more];
    const failed = await stage.run(line, { env });
    isDown = false;
    expect(failed.exitCode).toBe(10);
    const isNamed = failed.stderr.includes('left behind: ');
    // What is no image can be taken away by who remembers the upload, else by the provider's own tools.
    const isTold = failed.stderr.split('left behind: ').length - 1 <= failed.stderr.split('Delete it with: ').length - 1;
    expect([isNamed, isTold]).toEqual([isNamed, true]);
    for (const words of told(failed.stderr)) {
      const typed = await stage.run([...words, '--yes'], { env });
      // What may be there and is not cannot be deleted; all else is.
      const ends = failed.stderr.includes('may be left behind: ') ? [0, 5] : [0];
      expect(ends, `${words.join(' ')}: ${typed.stderr}`).toContain(typed.exitCode);
    }
    expect((await stage.ok(['list', '-p', 'x', '-o', 'json'], { env })).json()).toEqual([]);
  });
});

it('an image in another region than the profile says is named with that region', async () => {
  const cloud = await startAws();
  const env = profileVariables('x', 'aws', cloud.values);
  let isDown = true;
  const on = ({ path }: Asked): boolean => isDown && /Action=(ModifyImageAttribute|DeregisterImage)/.test(path);
  cloud.fail({ kind: 'answer', status: 500, body: '', times: 1e6, on });
  const line = [
    'upload',
    stage.write('d.raw', smallDisk()),
    '--name',
    'x:web',
    '--region',
    'eu-west-1',
    '--visibility',
    'public',
  ];
  const failed = await stage.run([...line, '--retries', '0'], { env });
  isDown = false;
  const [words = []] = told(failed.stderr);
  expect(words).toEqual(['delete', expect.stringMatching(/^x:ami-/), '--region', 'eu-west-1']);
  await stage.ok([...words, '--yes'], { env });
  const list = await stage.ok(['list', '-p', 'x', '--region', 'eu-west-1', '-o', 'json'], { env });
  expect(list.json()).toEqual([]);
  await cloud.stop();
});
