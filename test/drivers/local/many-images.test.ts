import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import local from '../../../src/drivers/local/index.ts';
import { allOf, everything, testCall } from '../../conformance/stage.ts';
import { openSession } from '../../support/open-session.ts';
import { writeLargeLayout } from './large-layout.ts';

const count = 10_000;
/** What a list may take, ms of CPU of this process: other programs on a busy machine do not count. */
const limitMs = 700;

describe('a folder of 10 000 images', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'imgctl-many-'));
  beforeAll(() => writeLargeLayout(folder, count), 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function listed(): Promise<{ found: number; cpuMs: number }> {
    const { session } = openSession(local, { path: folder });
    const before = process.cpuUsage();
    const images = await allOf(session.require('list').run(everything, testCall()));
    const { user, system } = process.cpuUsage(before);
    return { found: images.length, cpuMs: (user + system) / 1000 };
  }

  it(`is listed within ${limitMs} ms once it has been read`, { timeout: 120_000 }, async () => {
    const first = await listed();
    expect(first.found).toBe(count);
    const next = [await listed(), await listed(), await listed()];
    for (const { found } of next) expect(found).toBe(count);
    expect(Math.min(...next.map(({ cpuMs }) => cpuMs))).toBeLessThan(limitMs);
  });
});
