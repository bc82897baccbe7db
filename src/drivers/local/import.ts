import { formats, type Format } from '../../core/encoding.ts';
import { providerError, usageError } from '../../core/errors.ts';
import { answerError } from '../../core/answer-error.ts';
import type { Http, ReceiveAnswer } from '../../core/http.ts';
import type { ImageRecord } from '../../core/image.ts';
import type { Call, ImportRequest, Operation } from '../../core/operation.ts';
import { redirectOf } from '../../core/redirect.ts';
import { recordFields } from '../_oci/record-revision.ts';
import type { LockedFolder } from './folder.ts';
import { find } from './images.ts';
import type { LocalClient } from './client.ts';
import { DraftFolder } from './draft-folder.ts';
import { removeTemporaryFile, withHeartbeat, type TemporaryFile } from './temporary-file.ts';
import { beginData, enterData, storeData } from './store-data.ts';
import { diskHanded, type HandedOver } from './server-side-copy.ts';
import { linkTo } from './link.ts';
import { writeTemporaryFile } from './write-temporary-file.ts';

const mostRedirects = 10;

/** Throws USAGE for what is no http(s) URL. */
function urlOf(text: string | undefined): URL {
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw usageError('--url must be an http or https URL', {
    next: [{ verb: 'import', args: ['NAME'], options: { url: 'https://HOST/PATH', 'disk-format': 'qcow2' } }],
  });
}

/** The format that was said of the data. Throws USAGE when nothing was said. */
async function formatOf(client: LocalClient, request: ImportRequest): Promise<Format> {
  const queued = request.into === undefined ? undefined : (await find(client.home, request.into)).record.diskFormat;
  const said = request.description.diskFormat ?? queued;
  const format = formats.find((each) => each === said);
  if (format === undefined)
    throw usageError(said === undefined ? '--disk-format is required' : `unknown disk format: ${said}`, {
      hint: `Supported: ${formats.join(', ')}.`,
    });
  return format;
}

/** Fetches a URL, through redirects to other http(s) URLs, though never from https to http. */
async function fetchFrom(http: Http, start: URL, call: Call): Promise<ReceiveAnswer> {
  let url = start;
  for (let hops = 0; hops <= mostRedirects; hops += 1) {
    const answer = await http.receive({ url, queryIsSecret: true, headers: { 'accept-encoding': 'identity' } }, call);
    if (answer.status === 200) return answer;
    const next = redirectOf(answer, url);
    if (!next)
      throw answerError(answer, `fetching from ${start.host}`, { words: (await answer.text()).slice(0, 200), isOwn: true });
    url = next;
  }
  throw providerError(`too many redirects (${mostRedirects}) from ${start.host}`);
}

/** A draft that may become an image's data; one that may not is gone when the reason is thrown. */
async function judged(draft: TemporaryFile, format: Format, { judge }: ImportRequest): Promise<TemporaryFile> {
  try {
    await withHeartbeat(draft.file, async () => judge?.(draft.file, format));
    return draft;
  } catch (error) {
    await removeTemporaryFile(draft.file);
    throw error;
  }
}

/** An image of its own of the blobs that another folder has. */
async function linked(client: LocalClient, request: ImportRequest, from: HandedOver, call: Call): Promise<ImageRecord> {
  const id = await beginData(client, request, from.encoding, call);
  const drafts = await DraftFolder.open(client.home);
  try {
    await drafts.fill(
      from.blobs,
      ({ sha256 }) => sha256,
      (blob, file) => linkTo(file, blob, call.signal),
    );
    await drafts.sync();
    const place = async (folder: LockedFolder) => {
      await drafts.place(folder);
      return from.disk;
    };
    return await enterData(client, request, id, from, place, call);
  } finally {
    await drafts.close();
  }
}

export const importImage: Operation<LocalClient, 'import'> = {
  schemes: ['https', 'http'],
  methods: [],
  fields: recordFields,
  into: true,
  ownId: true,
  handover: 'link',
  async run(client, request, call) {
    if (request.handover) return linked(client, request, diskHanded(request.handover), call);
    const url = urlOf(request.url);
    const format = await formatOf(client, request);
    const answer = await fetchFrom(client.http, url, call);
    const length = answer.headers['content-length'];
    return storeData(
      client,
      request,
      {
        encoding: { format },
        ...(length !== undefined && /^\d+$/.test(length) ? { bytes: Number(length) } : {}),
      },
      async () => judged(await writeTemporaryFile(client.home, answer.bytes, call.signal), format, request),
      call,
    );
  },
};
