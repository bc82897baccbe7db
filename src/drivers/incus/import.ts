import { usageError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Editable, ImportRequest, Operation } from '../../core/operation.ts';
import { checkAlias } from './aliases.ts';
import type { IncusClient } from './client.ts';
import { labels, labelsOf } from './labels.ts';
import { pulled } from './server-side-copy.ts';
import { makeThere } from './server-side-image.ts';

/** What can be said of an image that the server makes by itself. */
export const sayable = ['name', 'description', 'visibility', 'properties'] as const satisfies readonly Editable[];

/** Named so because `import` is a word of the language. */
export const importImage: Operation<IncusClient, 'import'> = {
  schemes: ['https', 'http'],
  methods: ['url', 'simplestreams'],
  fields: sayable,
  into: false,
  handover: 'pull',
  extras: {
    ...labels,
    image: { kind: 'text', help: 'method simplestreams: which image of the server at that URL, such as debian/12' },
  },

  async run(client, request, call) {
    const { description, handover, nameMustBeFree = false, extras } = request;
    checkAlias(description.name);
    const naming = { description, mustBeFree: nameMustBeFree, labels: labelsOf(extras) };
    const order = { naming, what: `importing ${description.name}` };
    return handover ? pulled(client, handover, order, call) : makeThere(client, { ...order, source: sourceOf(request) }, call);
  },
};

/** What the server is to fetch, in the words of the API. Throws USAGE for what it cannot. */
function sourceOf({ url = '', method = 'url', extras: { image } }: ImportRequest): JsonObject {
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw usageError(`the server fetches from http and https only: ${url}`, { hint: 'Use a URL with https://.' });
  if (method === 'url') {
    if (image !== undefined)
      throw usageError('image says which one of a server of images is meant', { hint: 'Use it with --method simplestreams.' });
    return { type: 'url', mode: 'pull', url };
  }
  if (method !== 'simplestreams') throw usageError(`unknown method: ${method}`, { hint: 'Use url or simplestreams.' });
  if (typeof image !== 'string' || image === '')
    throw usageError('which image of that server is meant?', { hint: 'Say it with --set image=ALIAS, such as image=debian/12.' });
  const which = /^[0-9a-f]{12,64}$/.test(image) ? { fingerprint: image } : { alias: image };
  return {
    type: 'image',
    mode: 'pull',
    server: url.replace(/\/+$/, ''),
    protocol: 'simplestreams',
    image_type: 'virtual-machine',
    ...which,
  };
}
