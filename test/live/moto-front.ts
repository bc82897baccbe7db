import { createServer, request as ask, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What was registered: moto makes an image of a snapshot of its own, whatever it is told. */
interface Registered {
  readonly snapshot: string;
  readonly device: string;
  readonly gib: string;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

/** Blocks as long as those of AWS, by numbers, in the order of the disk. */
function inOrder(text: string): Buffer {
  const told = JSON.parse(text) as { readonly Blocks?: readonly { readonly BlockIndex: string }[] };
  const blocks = told.Blocks?.map((block) => ({ ...block, BlockIndex: Number(block.BlockIndex) }));
  blocks?.sort((a, b) => a.BlockIndex - b.BlockIndex);
  return Buffer.from(JSON.stringify({ ...told, BlockSize: 512 * 1024, ...(blocks ? { Blocks: blocks } : {}) }));
}

/**
 * What stands before moto and does what moto leaves out, so that what was stored there can be read back as an image: it says how long
 * blocks are, lists them in order, and keeps of which snapshot an image was registered, with its tags. The bytes, and all else, are moto's.
 */
export async function frontOf(port: number): Promise<{ readonly origin: string; readonly server: Server }> {
  const images = new Map<string, Registered>();

  const through = (method: string, path: string, headers: IncomingHttpHeaders, body: Buffer): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const sent = ask({ host: '127.0.0.1', port, method, path, headers }, (given) => {
        bytesOf(given).then((all) => resolve({ status: given.statusCode ?? 0, headers: given.headers, body: all }), reject);
      });
      sent.on('error', reject);
      sent.end(body);
    });

  async function registered(form: URLSearchParams, headers: IncomingHttpHeaders, id: string): Promise<void> {
    const at = (name: string): string => form.get(name) ?? '';
    const disk = 'BlockDeviceMapping.1';
    images.set(id, {
      snapshot: at(`${disk}.Ebs.SnapshotId`),
      device: at('RootDeviceName'),
      gib: at(`${disk}.Ebs.VolumeSize`),
    });
    const tags = [...form].flatMap(([name, value]): (readonly [string, string])[] => {
      const [, rest] = /^TagSpecification\.1\.(Tag\..*)$/.exec(name) ?? [];
      return rest === undefined ? [] : [[rest, value] as const];
    });
    if (tags.length === 0) return;
    const tagging = new URLSearchParams({
      Action: 'CreateTags',
      Version: '2016-11-15',
      'ResourceId.1': id,
      ...Object.fromEntries(tags),
    });
    const body = Buffer.from(tagging.toString());
    await through('POST', '/', { ...headers, 'content-length': String(body.length) }, body);
  }

  const retold = (text: string): string =>
    [...images].reduce((all, [id, { snapshot, device, gib }]) => {
      const own = new RegExp(
        `<item><blockDeviceMapping>(?:(?!</item></imagesSet>|<item><blockDeviceMapping>).)*<imageId>${id}</imageId>`,
        's',
      );
      return all.replace(own, (item) =>
        item
          .replace(/<snapshotId>[^<]*/, `<snapshotId>${snapshot}`)
          .replace(/<volumeSize>[^<]*/, `<volumeSize>${gib}`)
          .replace(/<(deviceName|rootDeviceName)>[^<]*/g, `<$1>${device}`),
      );
    }, text);

  const server = createServer((given, answer) => {
    void (async () => {
      const body = await bytesOf(given);
      const [method, path] = [given.method ?? '', given.url ?? ''];
      const told = await through(method, path, given.headers, body);
      const form = new URLSearchParams(method === 'POST' && path === '/' ? body.toString() : '');
      let { body: text } = told;
      if (/^\/snapshots(\/[^/]+\/blocks(\?.*)?)?$/.test(path) && method !== 'PUT') text = inOrder(text.toString());
      const id = /<imageId>(ami-[0-9a-f]+)/.exec(text.toString())?.[1];
      if (form.get('Action') === 'RegisterImage' && id !== undefined) await registered(form, given.headers, id);
      if (form.get('Action') === 'DescribeImages') text = Buffer.from(retold(text.toString()));
      const { 'transfer-encoding': _chunked, ...headers } = told.headers;
      answer.writeHead(told.status, { ...headers, 'content-length': text.length }).end(text);
    })().catch((error: unknown) => void answer.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
