import { providerError } from '../../core/errors.ts';
import { isObject } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import { readDocument, type Document } from '../_published/document.ts';
import type { CoreosClient } from './client.ts';
import { imagesIn, type StreamImage } from './images.ts';

/** The document of the stream. Nobody signs it: it comes from the server that the profile names, and from no other. Throws PROVIDER for another document. */
export async function readStream({ publisher, url }: CoreosClient, call: Call): Promise<Document> {
  const document = await readDocument(
    { ...publisher, assurance: 'checksum' },
    { clearSigned: url, plain: url, name: 'the stream' },
    call,
  );
  if (!isObject(document.body.architectures)) throw providerError(`${url.href} is no CoreOS stream: it has no architectures`);
  return document;
}

/** All disks of the stream. Those that lie where nothing may be read are left out with a warning. */
export const readImages = (client: CoreosClient, call: Call): Promise<readonly StreamImage[]> =>
  client.memory(call.signal, 'all', async () => {
    const { body } = await readStream(client, call);
    const { images, unsafe } = imagesIn(body, client.url);
    if (unsafe.length > 0)
      call.note({
        kind: 'warning',
        message: `${unsafe.length} ${unsafe.length === 1 ? 'image is' : 'images are'} left out: the location is no https address (${unsafe[0] ?? ''})`,
      });
    return images;
  });
