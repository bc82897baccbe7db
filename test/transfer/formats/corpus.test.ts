import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inspect, streamRuns, decompress } from '../../../src/transfer/formats/index.ts';
import { sourceOfBytes } from '../../../src/transfer/formats/byte-reader.ts';
import { handle, rejectsOf, streamOf } from './draining.ts';
import { costOfAsync } from '../../support/cpu-time.ts';

const folder = fileURLToPath(new URL('../../../../shared/formats/', import.meta.url));
const present = existsSync(join(folder, 'corpus-cases.json'));

interface Case {
  readonly name: string;
  readonly verdict: 'ok' | 'warn' | 'reject';
  readonly code: string | null;
  readonly format: string;
  readonly wrapper?: string;
  readonly sha256?: string;
}
const cases: Case[] = present ? JSON.parse(readFileSync(join(folder, 'corpus-cases.json'), 'utf8')) : [];
/** The archive holds a copy of another case under this name: nothing is wrong with the file. */
const mislabelled = new Map([['g-cut-mid.gz', 'g-ok.gz']]);
const expectedOf = (each: Case): Case => cases.find((other) => other.name === mislabelled.get(each.name)) ?? each;
const bomb = 'g-bomb-1G.gz';

describe.skipIf(!present)(`the corpus of images${present ? '' : ' (SKIPPED: ../shared/formats is not here)'}`, () => {
  let unpacked: string;
  const file = (name: string) => readFileSync(join(unpacked, name));
  beforeAll(() => {
    unpacked = mkdtempSync(join(tmpdir(), 'corpus-'));
    for (const archive of ['corpus.tar.xz', 'third-party.tar.xz'])
      execFileSync('tar', ['-xJf', join(folder, archive), '-C', unpacked]);
  });
  afterAll(() => rmSync(unpacked, { recursive: true }));

  test('has all its cases', () => {
    expect(cases).toHaveLength(100);
    for (const [name, same] of mislabelled) expect(file(name).equals(file(same))).toBe(true);
  });

  test.each(cases.filter((each) => each.name !== bomb))('$name: $verdict $code', async (each) => {
    const expected = expectedOf(each);
    const { result, ms } = await costOfAsync(() => handle(file(each.name), 8 << 20));
    expect(ms).toBeLessThan(2000);
    const { inspection, rejects, drained } = result;
    if (expected.verdict === 'reject') expect(rejects).toContain(expected.code);
    else {
      expect(rejects).toEqual([]);
      const codes = inspection.findings.map((finding) => finding.code).filter((code) => code !== 'no_volume');
      expect(codes).toEqual(expected.code === null ? [] : [expected.code]);
      if (expected.sha256 !== undefined) expect(drained?.sha256).toBe(expected.sha256);
    }
    expect(inspection.format).toBe(expected.wrapper?.startsWith('tar') ? 'tar' : expected.format);
    expect(inspection.compression).toBe(expected.wrapper?.endsWith('gz') || expected.wrapper === 'gzip' ? 'gzip' : undefined);
  });

  test('a gibibyte in a mebibyte is an image like others, up to the limit that is set', async () => {
    const inspection = await inspect(sourceOfBytes(file(bomb)));
    expect(inspection).toMatchObject({ format: 'raw', compression: 'gzip', findings: [] });
    const bytes = async (limit: number) => {
      let total = 0;
      for await (const run of streamRuns(decompress('gzip', streamOf(file(bomb)), limit), {})) total += run.length;
      return total;
    };
    expect(await bytes(6 * 2 ** 30)).toBe(2 ** 30);
    await expect(bytes(64 * 2 ** 20)).rejects.toMatchObject({ code: 'LIMIT' });
  });

  test.each([
    ['dfvfs/absolute_paths.tar', 'tar', undefined, ['tar_name'], 1537],
    ['dfvfs/bogus.001', 'raw', undefined, [], 51200],
    ['dfvfs/ext2.qcow2', 'qcow2', undefined, [], 4194304],
    ['dfvfs/ext2.vhd', 'vhd', undefined, [], 4212736],
    ['dfvfs/image.vhd', 'vhd', undefined, ['checksum'], 104448],
    ['dfvfs/iso9660.raw', 'iso', undefined, [], 366592],
    ['dfvfs/syslog.bz2', 'raw', 'bzip2', ['text'], 1247],
    ['dfvfs/syslog.gz', 'raw', 'gzip', ['text'], 1247],
    ['dfvfs/syslog.tar', 'tar', undefined, ['text'], 1247],
    ['dfvfs/syslog.xz', 'raw', 'xz', ['text'], 1247],
    ['dfvfs/syslog.zip', 'raw', undefined, ['banned_format'], undefined],
    ['plaso/image.qcow2', 'qcow2', undefined, [], 102400],
    ['plaso/image.vmdk', 'vmdk', undefined, [], 102400],
    ['plaso/syslog_image.dd', 'raw', undefined, [], 102400],
  ])('%s, made by others', async (name, format, compression, rejects, virtualBytes) => {
    const inspection = await inspect(sourceOfBytes(file(name)));
    expect(inspection.format).toBe(format);
    expect(inspection.compression).toBe(compression);
    expect(rejectsOf(inspection)).toEqual(rejects);
    expect(inspection.virtualBytes).toBe(virtualBytes);
  });
});
