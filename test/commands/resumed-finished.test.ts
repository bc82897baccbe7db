import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Entry } from '../../src/engine/journal/entry.ts';
import { overNetwork } from '../clouds/index.ts';
import type { RunningCloud } from '../conformance/cloud.ts';
import { journalText, killedBehind } from '../support/killed-run.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';

type Asked = { readonly method: string; readonly path: string };

const stage = commandStage();
const carriers = overNetwork.flatMap(([provider, { cloud, wire }]) => {
  const { sends } = wire;
  return sends ? [[provider, { cloud, sends: (asked: Asked) => sends(asked) }] as const] : [];
});

/** The last line of a run that was killed in the moment in which its image was whole: of one that is made at the end it has heard nothing. */
function lastLine(): Entry {
  const entries = journalText(stage.file(''))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry);
  const at = (kind: Entry['kind']): number => entries.findIndex((entry) => entry.kind === kind);
  const isMadeLast = at('sending') >= 0 && at('sending') < at('created');
  const last = entries[(isMadeLast ? at('created') : at('outcome')) - 1];
  if (!last) throw new Error('the journal has no such line');
  return last;
}

describe.each(carriers)('an upload to %s that was killed when its image was whole', (provider, { cloud: kind, sends }) => {
  let cloud: RunningCloud;
  beforeEach(async () => {
    cloud = await kind.start();
  });
  afterEach(() => cloud.stop());

  /** Runs the upload, forgets its end, and takes it up again. `meanwhile` is typed before. */
  async function resumed(...meanwhile: readonly (readonly string[])[]) {
    const env = profileVariables('x', provider, cloud.values);
    await stage.ok(['upload', stage.write('d.raw', smallDisk()), '--name', 'web', '-p', 'x'], { env });
    const list = async () => (await stage.ok(['list', '-p', 'x', '-o', 'json'], { env })).json();
    for (const words of meanwhile) await stage.ok([...words, '-p', 'x', '--no-journal'], { env });
    const before = await list();
    const last = JSON.stringify(lastLine());
    const run = killedBehind(stage.file(''), (entry) => JSON.stringify(entry) === last);
    const sent: string[] = [];
    const on = (asked: Asked): boolean => {
      if (sends(asked)) sent.push(`${asked.method} ${asked.path}`);
      return false;
    };
    cloud.fail({ kind: 'answer', status: 500, body: '', times: 1e6, on });
    const again = await stage.run(['ops', 'resume', run, '--wait-timeout', '2s', '--poll-interval', '1ms'], { env });
    return { again, sent, before, after: await list(), left: (await stage.ok(['ops', 'list', '-o', 'json'], { env })).json() };
  }

  it('is resumed without sending anything again', async () => {
    const { again, sent, before, after, left } = await resumed();
    expect(again).toMatchObject({ exitCode: 0 });
    expect(sent).toEqual([]);
    expect(after).toEqual(before);
    expect(left).toContainEqual(expect.objectContaining({ state: 'resumed', left: [] }));
  });

  it('is not taken for another one of its name', async () => {
    const other = ['upload', stage.write('other.raw', smallDisk(2)), '--name', 'web'];
    const { again, sent, before, after, left } = await resumed(['delete', 'web', '--yes'], other);
    expect(again).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('ops undo') });
    expect(sent).toEqual([]);
    expect(after).toEqual(before);
    expect(left).toContainEqual(expect.objectContaining({ state: 'interrupted' }));
  });
});
