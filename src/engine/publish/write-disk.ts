import type { Format } from '../../core/encoding.ts';
import { ImgctlError } from '../../core/errors.ts';
import { given, type Image } from '../../core/image.ts';
import type { Call, Content } from '../../core/operation.ts';
import type { WrittenDisk } from '../../core/publication.ts';
import type { Task } from '../../core/task.ts';
import { parallelDigester, type Digester } from '../../transfer/digests.ts';
import { prepare } from '../../transfer/prepare.ts';
import { whyUnverified } from '../../transfer/published-digests.ts';
import { saveTo } from '../../transfer/save.ts';
import type { Source } from '../../transfer/source.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import { publishedSource } from '../operations/published-source.ts';
import { formatNamed, meansFor } from '../operations/transfer.ts';

/** An image whose disk is to be written. */
export interface DiskOf {
  readonly at: Account<'download'>;
  readonly image: Image;
  readonly call: Call;
}

/** Where, and what goes before it in its fingerprint. `folder` is what the user has named, for messages. */
interface Wanted {
  readonly file: string;
  readonly format: Format;
  readonly metadata: Uint8Array;
  readonly folder: string;
}

/** Writes the disk of an image to a new file in one format, verified as far as its provider says digests. Throws as `prepare` and `saveTo` do. */
export async function writeDisk(
  { at, image, call }: DiskOf,
  { file, format, metadata, folder }: Wanted,
  task: Task,
  context: EngineContext,
): Promise<WrittenDisk> {
  const data = await at.verb('download').run({ id: image.id }, call);
  const source: Source = {
    ...(await publishedSource(data, { at, image, call }, context)),
    ...given({ declared: formatNamed(image.diskFormat) }),
  };
  const unverified = source.verifiedBy ? undefined : whyUnverified(source.digests, at.provider, image.id);
  if (unverified !== undefined) context.warn(unverified);
  const prepared = await prepare(source, [{ format }], { allowUnsafe: [] }, meansFor(context, task, []));
  const fingerprint = parallelDigester(['sha256']);
  try {
    await fingerprint.update(metadata);
    const content = await prepared.content();
    task.step('convert');
    const saved = await saveTo(file, seenBy(fingerprint, content, source.name), {
      force: true,
      resume: false,
      digests: ['sha256'],
      progress: () => undefined,
      warn: (message) => context.say(message),
    });
    const { sha256: whole = '' } = await fingerprint.digests();
    return {
      bytes: saved.bytes,
      sha256: saved.digests.sha256 ?? '',
      fingerprint: whole,
      contentId: image.contentId ?? (await prepared.contentId()),
    };
  } catch (error) {
    throw error instanceof ImgctlError && error.code === 'LOCAL'
      ? new ImgctlError('LOCAL', error.message.replaceAll(file, folder), error.circumstances)
      : error;
  } finally {
    fingerprint.stop();
    await prepared.close();
  }
}

const seenBy = (digester: Digester, content: Content, name: string): Source => ({
  name,
  repeatable: false,
  near: false,
  ...(content.bytes === undefined ? {} : { bytes: content.bytes }),
  async *open() {
    for await (const chunk of content.open()) {
      await digester.update(chunk);
      yield chunk;
    }
  },
  close: async () => undefined,
});
