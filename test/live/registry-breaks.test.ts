import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import driver from '../../src/drivers/oci/index.ts';
import { isBlockUpload } from '../../src/core/bound-blocks.ts';
import type { Session } from '../../src/core/driver.ts';
import type { Call, Note } from '../../src/core/operation.ts';
import { allOf, everything, failureOf, testCall } from '../conformance/stage.ts';
import { gather, makeContent, type ContentWishes, type TestContent } from '../support/content.ts';
import { openSession } from '../support/open-session.ts';
import { missing, startRegistry, type Registry } from './registry/bed.ts';
import { startCable, type Cable } from './registry/cable.ts';
import { valuesFor } from './registry/cloud.ts';

const mib = 1024 ** 2;
const chunk = 2 * mib;
const size = 24 * mib;
/** What requests and answers have besides disks. */
const small = 64 * 1024;

describe.skipIf(missing !== undefined)(
  `a real registry that breaks${missing === undefined ? '' : ` (SKIPPED: ${missing})`}`,
  () => {
    let registry: Registry;
    let cable: Cable;
    const open = (more: Readonly<Record<string, string>> = {}): Session =>
      openSession(driver, valuesFor({ host: cable.host }, more)).session;
    const disk = (wishes: ContentWishes = {}): TestContent => makeContent({ format: 'raw' }, { diskLength: size, ...wishes });
    const upload = (session: Session, content: TestContent, call: Call = testCall(undefined, 6)) =>
      session.require('upload').run({ description: { name: 'disk' }, content, extras: {} }, call);
    const images = () => allOf(open().require('list').run(everything, testCall()));

    async function expectWhole(id: string, content: TestContent): Promise<void> {
      const download = await open().require('download').run({ id }, testCall());
      expect((await gather(download.open())).equals(content.data)).toBe(true);
    }

    beforeEach(async () => {
      registry = await startRegistry();
      cable = await startCable(registry.host);
    });
    afterEach(async () => {
      await cable.stop();
      await registry.stop();
    });

    it('in the middle of the one request: no image, and the next try makes it', async () => {
      const content = disk();
      cable.cutAfter(size / 2);
      await failureOf(upload(open({ layout: 'single' }), content), 'NETWORK');
      expect(await images()).toEqual([]);
      await expectWhole((await upload(open({ layout: 'single' }), content)).id, content);
      expect((await images()).length).toBe(1);
    });

    it('killed in the middle of the one request: no image, and after its start the next try makes it', async () => {
      const content = disk();
      cable.cutAfter(size / 2, () => registry.kill());
      await failureOf(upload(open({ layout: 'single' }), content, testCall()), 'NETWORK');
      await registry.start();
      expect(await images()).toEqual([]);
      await expectWhole((await upload(open({ layout: 'single' }), content)).id, content);
    });

    it('killed between two chunks: it goes on, and no more than one chunk is sent twice', async () => {
      const content = disk({
        blind: true,
        before: (offset) => (offset === 5 * chunk + chunk / 2 ? registry.kill() : undefined),
      });
      let restarted: Promise<void> | undefined;
      const call = testCall(undefined, 8);
      const { note } = call;
      // It comes back once it was missed.
      const hearing = (said: Note): void => {
        note(said);
        if (said.kind === 'retry') restarted ??= registry.start();
      };
      const { id } = await upload(open({ chunkSize: '2MiB' }), content, { ...call, note: hearing });
      await restarted;
      expect(cable.sent()).toBeLessThan(size + chunk + small);
      expect(content.opened()).toBe(1);
      expect(call.notes.map(({ kind }) => kind)).toContain('retry');
      await expectWhole(id, content);
    });

    it('killed, and the run that sent to it as well: another run goes on behind what was there', async () => {
      const content = disk();
      const request = { description: { name: 'disk' }, content, extras: {} };
      const begun = await open({ chunkSize: '2MiB' }).require('upload').begin?.(request, testCall());
      if (!begun || !isBlockUpload(begun)) throw new Error('no upload was begun');
      for (let index = 0; index < 7; index += 1) {
        const offset = index * chunk;
        await begun.put({ index, offset, bytes: content.data.subarray(offset, offset + chunk) }, testCall());
      }
      await registry.kill();
      await registry.start();
      cable.forget();
      const { id } = await open({ chunkSize: '2MiB' })
        .require('upload')
        .run({ ...request, goesOn: begun.ref }, testCall());
      expect(cable.sent()).toBeLessThan(size - 7 * chunk + small);
      await expectWhole(id, content);
    });

    it('cut in the middle of a chunk: distribution 2.8 forgets the upload, and it is begun again, saying so', async () => {
      const content = disk();
      const call = testCall(undefined, 6);
      cable.cutAfter(size / 2 + chunk / 3);
      const { id } = await upload(open({ chunkSize: '2MiB' }), content, call);
      expect(call.notes.find(({ kind }) => kind === 'warning')).toMatchObject({
        message: expect.stringContaining('starting again') as unknown,
      });
      expect(cable.sent()).toBeLessThan(size * 1.5 + chunk + small);
      await expectWhole(id, content);
    });

    it('cut in the middle of a chunk of what can be read only once: no image', async () => {
      cable.cutAfter(size / 2 + chunk / 3);
      await failureOf(upload(open({ chunkSize: '2MiB' }), disk({ blind: true })), 'NETWORK');
      expect(await images()).toEqual([]);
    });

    it('cut in the middle of a download: the rest can be read from there', async () => {
      const content = disk();
      const { id } = await upload(open(), content);
      const download = await open().require('download').run({ id }, testCall());
      let got = 0;
      cable.cutAnswersAfter(size / 2, () => registry.kill());
      const reading = (async () => {
        for await (const bytes of download.open()) got += bytes.length;
      })();
      await failureOf(reading, 'NETWORK');
      expect(got).toBeLessThan(size);
      await registry.start();
      expect((await gather(download.open(got))).equals(content.data.subarray(got))).toBe(true);
    });

    it('moves no byte of a disk for a second image, a change or a copy in another repository', async () => {
      const session = open();
      const { id } = await upload(session, disk());
      expect(cable.sent()).toBeGreaterThan(size);
      cable.forget();
      await upload(session, disk());
      await session.require('patch').run({ id, changes: { name: 'renamed' }, extras: {} }, testCall());
      const copied = await session.require('replicate').run({ id, add: ['other/repository'], remove: [] }, testCall());
      expect(copied.places.map(({ name }) => name)).toContain('other/repository');
      expect(cable.sent()).toBeLessThan(small);
    });
  },
);
