import { gunzipSync } from 'node:zlib';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { diskBytes } from '../support/content.ts';
import type { CliResult } from '../support/run-cli.ts';
import { makeBed, type Bed } from '../clouds/bed.ts';
import { unpacked } from '../clouds/unpacked.ts';
import { overNetwork } from '../clouds/index.ts';
import { seedData, type Held } from '../clouds/bed-cloud.ts';
import { complaints, dice, isShort, scaled, seed, tally } from './scale.ts';
import { rollSchedule } from './schedule.ts';

/** One transfer that is tried under many schedules. */
interface Transfer {
  readonly title: string;
  readonly profiles: Readonly<Record<string, string>>;
  args(bed: Bed, sourceId: string): readonly string[];
  /** Where a new image is to be; absent: a file `out.raw`. */
  readonly target?: string;
  readonly source: Buffer;
  /** The source's image, where it is not the one that its fake is given: it is uploaded first, with nothing in the way. */
  readonly uploaded?: Buffer;
}

const disk = diskBytes('raw', 400 * 1024, 3);
/** A server may think about a whole upload for 30 of these. */
const timeout = isShort ? '400ms' : '1s';
const limits = ['--timeout', timeout, '--retries', '3', '--wait-timeout', '3s', '--poll-interval', '20ms'];
const longestMs = 90_000;

const uploadTo = (cloud: string): Transfer => ({
  title: `upload to ${cloud}`,
  profiles: { x: cloud },
  args: (bed) => ['upload', bed.file('disk.raw', disk), '--name', 'x:new', ...limits],
  target: 'x',
  source: disk,
});
const downloadFrom = (cloud: string): Transfer => ({
  title: `download from ${cloud}`,
  profiles: { a: cloud },
  args: (bed, id) => ['download', `a:${id}`, path.join(bed.home.folder, 'out.raw'), '--timeout', timeout, '--retries', '3'],
  source: seedData,
});
const copy = (from: string, to: string): Transfer => ({
  title: `copy from ${from} to ${to}`,
  profiles: { a: from, b: to },
  args: (_bed, id) => ['copy', `a:${id}`, 'b:new', ...limits],
  target: 'b',
  source: seedData,
});

/** Three blocks of 4 MiB, the second one of zeros, and a piece of a fourth: of noise, for what is compressed differs between versions of Node. */
const block = 4 * 1024 ** 2;
const layered = Buffer.concat([diskBytes('raw', block, 11), Buffer.alloc(block), diskBytes('raw', block + 5 * 512, 12)]);
const inLayers = (transfer: Transfer): Transfer => ({
  ...transfer,
  title: `${transfer.title}, a disk in blocks`,
  source: layered,
  ...(transfer.profiles.a ? { uploaded: layered } : {}),
  ...(transfer.profiles.x ? { args: (bed) => ['upload', bed.file('disk.raw', layered), '--name', 'x:new', ...limits] } : {}),
});
/** Where a disk lies in blocks at one end at least, and a network is between them. */
const ofLayers: readonly Transfer[] = [
  uploadTo('oci'),
  downloadFrom('oci'),
  copy('oci', 'oci'),
  copy('oci', 'openstack'),
  copy('openstack', 'oci'),
  copy('oci', 'local'),
  copy('local', 'oci'),
].map(inLayers);

const taking = overNetwork.filter(([, { driver }]) => driver.facts.upload);
const giving = overNetwork.filter(([, { driver }]) => driver.facts.download).map(([provider]) => provider);
const transfers: readonly Transfer[] = [
  ...taking.flatMap(([, { beds }]) => Object.keys(beds)).map(uploadTo),
  ...giving.map(downloadFrom),
  ...giving.flatMap((from) => taking.map(([to]) => copy(from, to))),
  ...ofLayers,
];

/** The raw disk in these bytes, whatever it is wrapped in; absent where it cannot be read. `bytes`: its length, where what it is in has whole sectors. */
async function diskIn(bed: Bed, data: Buffer | undefined, bytes: number): Promise<Buffer | undefined> {
  if (!data || data.length === 0) return undefined;
  if (data.subarray(0, 4).toString('latin1') === 'QFI\xfb') return withoutFilling(await unpacked(bed, 'held.qcow2', data), bytes);
  if (data[0] !== 0x1f || data[1] !== 0x8b) return data;
  try {
    return gunzipSync(data);
  } catch {
    return undefined;
  }
}

/** A disk in a format of its own is filled up with zeros to whole sectors; anything else behind its end is kept. */
function withoutFilling(disk: Buffer | undefined, bytes: number): Buffer | undefined {
  const filling = disk?.subarray(bytes);
  return filling && filling.length < 512 && filling.every((byte) => byte === 0) ? disk?.subarray(0, bytes) : disk;
}

const isSame = (found: Buffer | undefined, source: Buffer): boolean => found?.equals(source) ?? false;

interface Looked extends Held {
  readonly isWhole: boolean;
}

/** Each of these images, and whether its disk is the source's. */
async function looked(bed: Bed, images: readonly Held[], source: Buffer): Promise<readonly Looked[]> {
  const found: Looked[] = [];
  for (const image of images) found.push({ ...image, isWhole: isSame(await diskIn(bed, image.data, source.length), source) });
  return found;
}

/** A half-made image is told of by its id, or at least that there may be one. */
const isNamed = (id: string, stderr: string): boolean =>
  stderr.includes(id) || stderr.includes('Check whether the image was created before you try again');

function checkCloud(result: CliResult, fresh: readonly Looked[]): readonly string[] {
  const whole = fresh.filter(({ isWhole }) => isWhole);
  const shown = fresh.filter(({ active, isWhole }) => active && !isWhole);
  const wrong = shown.map((image) => `${image.id} is shown as active, and its data is not the source's`);
  if (result.exitCode === 0) {
    if (whole.filter((image) => image.active && result.stdout.includes(image.id)).length !== 1)
      wrong.push(`exit 0, and there is no such image: ${fresh.map(({ id, status }) => `${id} ${status}`).join(', ')}`);
    // What a lost answer left behind must have been told, also where a second try went well.
    for (const image of fresh)
      if (!result.stdout.includes(image.id) && !isNamed(image.id, result.stderr))
        wrong.push(`exit 0, and ${image.id} (${image.status}) is left over, unnamed`);
    return wrong;
  }
  for (const image of fresh)
    if (!isNamed(image.id, result.stderr))
      wrong.push(`exit ${result.exitCode}, and ${image.id} (${image.status}) is left over, unnamed`);
  return wrong;
}

async function checkFile(transfer: Transfer, result: CliResult, bed: Bed): Promise<readonly string[]> {
  const out = bed.read('out.raw');
  const partial = readdirSync(bed.home.folder).filter((name) => name.includes('imgctl-part'));
  const wrong = partial
    .filter((name) => result.exitCode === 0 || !result.stderr.includes(name))
    .map((name) => `${name} is left over, unnamed`);
  if (result.exitCode === 0 && !isSame(await diskIn(bed, out, transfer.source.length), transfer.source))
    wrong.push('exit 0, and the file is not the image');
  if (result.exitCode !== 0 && out) wrong.push(`exit ${result.exitCode}, and there is a file`);
  return wrong;
}

/** Exit codes of the runs so far, so that it can be seen that schedules both fail and succeed. */
const outcomes = new Map<string, number>();

async function tryOut(transfer: Transfer, number: number): Promise<readonly string[]> {
  const bed = await makeBed(transfer.profiles);
  const roll = dice(seed + number * 7919 + transfer.title.length * 104_729);
  const schedule = rollSchedule(roll);
  const where = (what: string): string => `${transfer.title} #${number}: ${what} [${schedule.describe()}]`;
  try {
    const from = bed.clouds.a;
    const id = from ? await sourceIn(bed, transfer) : '';
    for (const cloud of Object.values(bed.clouds)) cloud.proxy.plan(schedule.plan);
    // The same image may be elsewhere under the same id: it may be named by its content.
    const there = transfer.target === undefined ? [] : bed.cloud(transfer.target).held();
    const before = new Set(there.map((image) => image.id));
    const result = await bed.run(...transfer.args(bed, id));
    outcomes.set(`exit ${result.exitCode}`, (outcomes.get(`exit ${result.exitCode}`) ?? 0) + 1);
    await settled();
    const fresh =
      transfer.target === undefined
        ? []
        : bed
            .cloud(transfer.target)
            .held()
            .filter((image) => !before.has(image.id));
    const wrong =
      transfer.target === undefined
        ? await checkFile(transfer, result, bed)
        : checkCloud(result, await looked(bed, fresh, transfer.source));
    const odd =
      /"code":"INTERNAL"|internal error|TypeError/.test(result.stderr) || result.exitCode === 1
        ? ['a failure that nobody foresaw']
        : [];
    const late = result.ms > longestMs ? [`took ${Math.round(result.ms)} ms`] : [];
    const temporary = readdirSync(bed.home.folder)
      .filter((name) => name.startsWith('imgctl-'))
      .map((name) => `${name} is left over`);
    return [...wrong, ...odd, ...late, ...temporary].map(
      (what) => `${where(what)}\n    ${result.stderr.trim().replaceAll('\n', '\n    ')}`,
    );
  } catch (error) {
    return [where(String(error))];
  } finally {
    await bed.stop();
  }
}

/** The id of what a transfer takes from the profile `a`. */
async function sourceIn(bed: Bed, { uploaded }: Transfer): Promise<string> {
  if (!uploaded) return bed.cloud('a').seed('web');
  const made = await bed.run('upload', bed.file('web.raw', uploaded), '--name', 'a:web', '-o', 'id');
  if (made.exitCode !== 0) throw new Error(`the source could not be uploaded: ${made.stderr}`);
  return made.stdout.trim();
}

/** Lets work end that the fake does after its answers. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

for (const transfer of transfers)
  it(`${transfer.title}: exit 0 means the same bytes, anything else leaves nothing half-made unsaid`, async () => {
    const runs = scaled(500, 6);
    outcomes.clear();
    const only = process.env.TORTURE_NUMBER;
    const numbers = only ? [Number(only)] : Array.from({ length: runs }, (_, number) => number);
    const wrong = await complaints(numbers, (number) => tryOut(transfer, number));
    const told = [...outcomes].sort(([, a], [, b]) => b - a).map(([exit, count]) => `${count} × ${exit}`);
    tally(`${transfer.title} (${told.join(', ')})`, numbers.length, wrong);
    expect(wrong).toEqual([]);
  });
