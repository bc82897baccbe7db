import { beforeEach, describe, expect, it } from 'vitest';
import { startSimplestreams, type RunningStreams } from '../clouds/simplestreams/index.ts';
import { qcow2Image } from '../support/disk-images.ts';
import { publishedDisk, type PublishedDisk } from '../support/published-disk.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
const [before, after] = [qcow2Image(smallDisk(1)), qcow2Image(smallDisk(2))];
const wrong = Buffer.from(before).fill(7, before.length - 9);
let streams: RunningStreams;
let noble: PublishedDisk;
let env: Readonly<Record<string, string>>;
beforeEach(async () => {
  streams = await startSimplestreams();
  noble = publishedDisk(streams);
  noble.publish('20261101', before);
  env = profileVariables('pub', 'simplestreams', streams.values);
  return () => streams.stop();
});

/** The publisher changes something right before each request for a file. */
function meanwhile(change: () => void): void {
  streams.fail({
    kind: 'answer',
    on: ({ path }) => {
      if (path.endsWith('.img')) change();
      return false;
    },
  });
}
const files = (): number => streams.requests().filter(({ path }) => path.endsWith('.img')).length;
const ways: readonly (readonly string[])[] = [
  ['copy', 'pub:noble', 'local:got'],
  ['copy', 'pub:noble', 'local:got', 'local:got-2'],
  ['download', 'pub:noble', 'got.qcow2'],
];
const typed = (way: readonly string[]): readonly string[] => way.map((word) => (word === 'got.qcow2' ? stage.file(word) : word));

const targets = (way: readonly string[]): number => way.length - 2;
/** What it comes to, once for each kind. */
async function codes(way: readonly string[]): Promise<readonly unknown[]> {
  const result = await stage.run([...typed(way), '-o', 'json'], { env });
  const rows = targets(way) > 1 ? (result.json() as readonly { readonly code?: string }[]) : [errorOf(result)];
  return [...new Set(rows.map(({ code }) => code))];
}

describe.each(ways.map((way) => [way.join(' '), way] as const))('%s', (_line, way) => {
  it('takes what is newest by then, where the file has gone since', async () => {
    meanwhile(() => {
      noble.publish('20261120', after);
      noble.withdraw('20261101');
    });
    const { stderr } = await stage.ok(typed(way), { env });
    expect(stderr).toContain('pub has changed meanwhile');
    const file = stage.file('back');
    if (way[0] === 'copy') await stage.ok(['download', 'local:got', file]);
    expect(stage.read(way[0] === 'copy' ? 'back' : 'got.qcow2').equals(after)).toBe(true);
  });

  it('takes the bytes that are published by then, where they were replaced under one name', async () => {
    meanwhile(() => noble.publish('20261101', after));
    await stage.ok(typed(way), { env });
  });

  it('fails where the documents still say the same, and asks no second time', async () => {
    streams.files.set(noble.publish('20261101', before).path.slice(1), wrong);
    streams.forget();
    expect([await codes(way), await stage.names()]).toEqual([['INTEGRITY'], []]);
    streams.files.clear();
    streams.forget();
    expect([await codes(way), await stage.names()]).toEqual([['NOT_FOUND'], []]);
    expect(files()).toBe(targets(way));
  });

  it('looks but once, however often everything changes', async () => {
    let serial = 20261120;
    const again = (): void => {
      noble.withdraw(String(serial));
      noble.withdraw('20261101');
      noble.publish(String((serial += 1)), after);
    };
    meanwhile(again);
    expect([await codes(way), await stage.names()]).toEqual([['NOT_FOUND'], []]);
    expect(files()).toBe(2 * targets(way));
  });
});
