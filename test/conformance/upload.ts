import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { describeEncoding, type Accept } from '../../src/core/encoding.ts';
import { abortedError, ImgctlError } from '../../src/core/errors.ts';
import type { Image } from '../../src/core/image.ts';
import type { Content, Description, UploadRequest } from '../../src/core/operation.ts';
import { gather, makeContent } from '../support/content.ts';
import { createOn, unprotect } from './create.ts';
import { expectField, samplesOf } from './samples.ts';
import { failure, failureOf, testCall, type Stage, type TestCall } from './stage.ts';
import { wellFormed } from './well-formed.ts';

const isActive = (image: Image): boolean => image.status === 'active';

interface Wishes {
  readonly description?: Description;
  readonly request?: Partial<UploadRequest>;
  readonly call?: TestCall;
}

/** Begins an upload under the given name. */
function upload(stage: Stage, name: string, content: Content, { description, request, call }: Wishes = {}): Promise<Image> {
  const asked: UploadRequest = { description: { name, ...description }, content, extras: stage.extras?.upload ?? {}, ...request };
  return stage
    .open()
    .session.require('upload')
    .run(asked, call ?? testCall());
}

/** Uploads and waits until the image can be used. */
async function uploaded(stage: Stage, content: Content, wishes: Wishes = {}): Promise<Image> {
  const name = wishes.description?.name ?? stage.unique('up');
  const { id } = await upload(stage, name, content, wishes);
  return stage.settle(stage.tidy(id), 'upload', isActive);
}

/** Nothing of that name is left, or the error says what is. */
async function nothingLeft(stage: Stage, name: string, error: unknown): Promise<void> {
  const leftover = error instanceof ImgctlError ? error.circumstances.leftover : undefined;
  const left = (await stage.named(name)).filter((image) => image.status !== 'deleted').map((image) => image.id);
  expect(
    left.filter((id) => id !== leftover),
    `left behind; the error was: ${String(error)}`,
  ).toEqual([]);
}

export function uploadTests(stage: Stage): void {
  const facts = stage.driver.facts.upload;
  if (!facts) return;
  const [accept] = facts.accepts;
  // Every content is another one: a provider that has the bytes already need not read them again.
  let seed = 100;
  const contentFor = (encoding: Accept, wishes: Parameters<typeof makeContent>[1] = {}): ReturnType<typeof makeContent> =>
    makeContent(encoding, { seed: (seed += 1), ...wishes, blind: (wishes.blind ?? false) && !encoding.needsLength });

  for (const each of facts.accepts)
    stage.test(`takes ${describeEncoding(each)}`, async () => {
      const name = stage.unique('up');
      const content = contentFor(each);
      const image = await uploaded(stage, content, { description: { name } });
      wellFormed(image);
      expect(image.name).toBe(name);
      if (image.diskFormat !== undefined) expect(image.diskFormat).toBe(each.format);
      for (const algorithm of facts.digests)
        expect(image.checksums?.[algorithm], algorithm).toBe(content.sent().digests[algorithm]);
      expect(content.opened()).toBeLessThanOrEqual(1);
      const download = stage.open().session.find('download');
      if (download) {
        const data = await download.run({ id: image.id }, testCall());
        expect(data.bytes ?? content.data.length).toBe(content.data.length);
        for (const [algorithm, hex] of Object.entries(data.digests ?? {}))
          expect(hex, algorithm).toBe(content.sent().digests[algorithm]);
        expect((await gather(data.open())).equals(content.data)).toBe(true);
      }
    });

  stage.test('takes bytes that come once and whose number is not known', async () => {
    const content = contentFor(accept, { blind: true });
    await uploaded(stage, content);
    expect(content.opened()).toBe(1);
  });

  stage.test('tells what was made before the bytes are sent or with the result', async () => {
    const call = testCall();
    const name = stage.unique('noted');
    const image = await upload(stage, name, contentFor(accept), { call });
    stage.tidy(image.id);
    expect(image.name).toBe(name);
    for (const note of call.notes) if (note.kind === 'created') expect(note.id).toBe(image.id);
  });

  for (const [field, asked] of samplesOf(stage, facts.fields))
    stage.test(`keeps ${field}`, async () => {
      const encoding = asked.diskFormat === undefined ? accept : { format: accept.format };
      const wanted = asked.diskFormat === undefined ? asked : { diskFormat: accept.format };
      const image = await uploaded(stage, contentFor({ ...accept, ...encoding }), { description: wanted });
      expectField(image, field, wanted);
      await unprotect(stage, image);
    });

  if (facts.ownId)
    stage.test('takes an id of the caller, once', async () => {
      const id = randomUUID();
      expect((await uploaded(stage, contentFor(accept), { request: { id } })).id).toBe(id);
      await failureOf(upload(stage, stage.unique('again'), contentFor(accept), { request: { id } }), 'CONFLICT');
      expect((await stage.show(id)).status).toBe('active');
    });

  if (facts.into) {
    const queued = async (): Promise<Image> =>
      createOn(stage, { name: stage.unique('into'), diskFormat: accept.format, containerFormat: 'bare' });

    stage.test('fills a queued record', async () => {
      const record = await queued();
      const content = contentFor(accept);
      const image = await uploaded(stage, content, { request: { into: record.id } });
      expect(image).toMatchObject({ id: record.id, name: record.name });
      for (const algorithm of facts.digests) expect(image.checksums?.[algorithm]).toBe(content.sent().digests[algorithm]);
    });

    stage.test('leaves a queued record queued when the source fails', async () => {
      const record = await queued();
      const broken = contentFor(accept, { before: failAfter(65_536) });
      const error: unknown = await upload(stage, record.name, broken, { request: { into: record.id } }).catch(
        (reason: unknown) => reason,
      );
      expect(String(error)).toContain('the source broke');
      await stage.settle(record.id, 'upload', (image) => image.status === 'queued');
      await uploaded(stage, contentFor(accept), { request: { into: record.id } });
    });

    stage.test('does not fill an image that has its data', async () => {
      const id = await stage.active();
      const before = await stage.show(id);
      await failureOf(upload(stage, before.name, contentFor(accept), { request: { into: id } }), 'CONFLICT');
      expect(await stage.show(id)).toMatchObject({ status: 'active', sizeBytes: before.sizeBytes });
      await failureOf(upload(stage, 'nobody', contentFor(accept), { request: { into: stage.missing } }), 'NOT_FOUND');
    });
  }

  stage.test('leaves nothing behind when the source fails', async () => {
    const name = stage.unique('broken');
    const broken = contentFor(accept, { before: failAfter(65_536) });
    const error: unknown = await upload(stage, name, broken).then(
      (image) => Promise.reject(new Error(`made ${image.id} out of half a source`)),
      (reason: unknown) => reason,
    );
    expect(`${String(error)} ${String((error as Error).cause)}`).toContain('the source broke');
    await nothingLeft(stage, name, error);
  });

  stage.test('leaves nothing behind when fewer bytes come than were said', async () => {
    const name = stage.unique('short');
    const error = await failure(upload(stage, name, contentFor(accept, { cutAt: 512 })));
    expect(error.code).toBe('INTEGRITY');
    await nothingLeft(stage, name, error);
  });

  stage.test('leaves nothing behind when it is stopped', async () => {
    const name = stage.unique('stopped');
    const controller = new AbortController();
    const stopping = contentFor(accept, {
      before: (offset) => (offset > 0 ? controller.abort(abortedError('stopped by the test')) : undefined),
    });
    const error: unknown = await upload(stage, name, stopping, { call: testCall(controller.signal) }).then(
      (image) => Promise.reject(new Error(`made ${image.id} although it was stopped`)),
      (reason: unknown) => reason,
    );
    await nothingLeft(stage, name, error);
  });
}

function failAfter(bytes: number): (offset: number) => void {
  return (offset) => {
    if (offset >= bytes) throw new Error('the source broke');
  };
}
