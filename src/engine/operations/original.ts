import { given, type Image } from '../../core/image.ts';
import type { Provenance } from '../../core/provenance.ts';
import type { Signer } from '../../core/signature.ts';
import type { Call, Download } from '../../core/operation.ts';
import { temporaryFolder } from '../../host/paths.ts';
import { sharedSource, type SharedSource } from '../../transfer/fan-out.ts';
import type { Source } from '../../transfer/source.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import type { ImageState } from '../journal/same-source.ts';
import { freshLook } from './fresh-look.ts';
import { publishedSource } from './published-source.ts';
import { formatNamed } from './transfer.ts';

/** The image that is copied, and how its data is read. */
export interface Original {
  readonly at: Account<'download'>;
  readonly image: Image;
  /** Its data, asked for once; the source is closed by whoever reads it. */
  data(): Promise<{ readonly download: Download; readonly source: Source }>;
  /** What is proved of where it comes from, besides what its record says, once all of it was read. */
  proved(): Provenance;
  /** The image that is meant now, where its publisher has changed it since it was found; asked once. Absent: it is the same. */
  afresh(error: unknown): Promise<Original | undefined>;
  /** Lets go of what is shared between several copies. */
  close(): Promise<void>;
}

interface Wanted {
  readonly at: Account<'download'>;
  /** What it was found by. Absent: it is not looked for again. */
  readonly typed?: string | undefined;
  readonly isForSeveral: boolean;
}

/** An image, of which the data is asked for when it is first needed. For several targets what is far is read once. */
export function originalOf(image: Image, wanted: Wanted, call: Call, context: EngineContext): Original {
  const { at, typed, isForSeveral } = wanted;
  if (context.journal) context.journal.source = { image: `${at.profile}:${image.id}`, state: stateOf(image) };
  let signed: Signer | undefined;
  let shared: SharedSource | undefined;
  const begin = async (): Promise<{ readonly download: Download; readonly source: Source }> => {
    const download = await at.verb('download').run({ id: image.id }, call);
    const proved = (signer: Signer): void => void (signed = signer);
    const source = {
      ...(await publishedSource(download, { at, image, call, proved }, context)),
      ...given({ declared: formatNamed(image.diskFormat) }),
    };
    if (!isForSeveral || source.near) return { download, source };
    shared = sharedSource(source, temporaryFolder(context.home), (message) => context.warn(message));
    return { download, source: shared.source };
  };
  let begun: ReturnType<typeof begin> | undefined;
  let next: Promise<Original | undefined> | undefined;
  const lookAgain = async (error: unknown): Promise<Original | undefined> => {
    const now = typed === undefined ? undefined : await freshLook(error, { at, image, typed, call }, context);
    return now && originalOf(now.image, { at, isForSeveral }, now.call, context);
  };
  return {
    at,
    image,
    data: () => (begun ??= begin()),
    proved: () => given({ signer: signed?.fingerprint }),
    afresh: (error) => (next ??= lookAgain(error)),
    async close() {
      await shared?.close();
      const other = await next?.catch(() => undefined);
      await other?.close();
    },
  };
}

/** Tells the content of an image from another one, by all that is known of it. */
const stateOf = ({ contentId, checksums, sizeBytes }: Image): string =>
  JSON.stringify({ contentId, checksums, sizeBytes } satisfies ImageState);
