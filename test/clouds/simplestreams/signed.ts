import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { guestDisk } from '../../support/disk-images/guest.ts';
import { startFakeServer, type FakeAnswer, type FakeRequest, type FakeServer } from '../../support/fake-server.ts';
import type { Publisher } from '../../support/publisher.ts';
import { sha256 as hash, servedFile } from '../../support/served-file.ts';

type Json = Readonly<Record<string, unknown>>;

/** When a document is of, as documents say it. */
export const timeOf = (day: number): string => `${day} Nov 2026 00:00:00 +0000`;
export const published = guestDisk(1024 ** 2, 7);

export const sha256 = hash(published);
export const md5 = createHash('md5').update(published).digest('hex');

/** A product with a disk for each of these serials; `more` is told of each disk. */
export const product = (serials: readonly string[], more: Json = {}, about: Json = {}): Json => ({
  aliases: '24.04,noble',
  arch: 'amd64',
  os: 'ubuntu',
  version: '24.04',
  supported: true,
  versions: Object.fromEntries(
    serials.map((serial) => [
      serial,
      {
        items: {
          'disk1.img': {
            ftype: 'disk1.img',
            path: `files/${serial}.img`,
            size: published.length,
            sha256,
            ...more,
          },
        },
      },
    ]),
  ),
  ...about,
});

/** An index, or products, by where they lie without their ending. */
export type Documents = Readonly<Record<string, Json>>;

/** What stands in an index of a products document. */
export const entry = (start: string, more: Json = {}): Json => ({
  format: 'products:1.0',
  datatype: 'image-downloads',
  path: `${start}.sjson`,
  updated: timeOf(20),
  ...more,
});

export const products = (all: Json, more: Json = {}): Json => ({
  format: 'products:1.0',
  content_id: 'c',
  datatype: 'image-downloads',
  updated: timeOf(20),
  products: all,
  ...more,
});

/** The usual tree: an index of one document, two serials of one product. */
export const usual: Documents = {
  'streams/v1/index': { format: 'index:1.0', updated: timeOf(20), index: { c: entry('streams/v1/c') } },
  'streams/v1/c': products({ 'c:24.04:amd64': product(['20261101', '20261120']) }),
};

export type Answer = (request: FakeRequest, usual: () => FakeAnswer) => FakeAnswer;

export interface SignedStreams extends FakeServer {
  /** What is served from now on. */
  serve(documents: Documents): void;
  /** Answers that come instead of the usual ones, by path; those that are not named are the usual ones again. */
  instead(answers: Readonly<Record<string, Answer>>): void;
  /** Paths that were asked for, in order, and what for: a condition, or past whatever stands between. */
  asked(): readonly string[];
}

const gone: FakeAnswer = { status: 404, body: 'not found' };

/** A publisher's server: documents in the clear-signed form, and with the signature beside them; files of any serial. */
export async function startSignedStreams(by: Publisher, documents: Documents = usual): Promise<SignedStreams> {
  let [served, answers]: [Documents, Readonly<Record<string, Answer>>] = [documents, {}];

  function fileAt(path: string): Buffer | undefined {
    if (/^files\/\d{8}[^/]*\.img$/.test(path)) return published;
    const [, start = '', ending = ''] = /^(.*?)\.(sjson|json|json\.gpg)$/.exec(path) ?? [];
    const document = served[start];
    if (!document) return undefined;
    const text = JSON.stringify(document);
    const plain = Buffer.from(text.replaceAll('.sjson"', '.json"'));
    if (ending === 'json') return plain;
    return ending === 'sjson' ? by.clearSigned(text) : by.detached(plain);
  }

  function answer({ method, url, headers }: FakeRequest): FakeAnswer {
    if (method !== 'GET') return { status: 405 };
    const path = decodeURIComponent(url.pathname.slice(1));
    const data = fileAt(path);
    if (!data) return gone;
    const plain = servedFile(data, headers);
    const isPacked = !path.startsWith('files/') && /\bgzip\b/.test(headers['accept-encoding'] ?? '');
    return isPacked && plain.status === 200
      ? { ...plain, headers: { ...plain.headers, 'content-encoding': 'gzip' }, body: gzipSync(data) }
      : plain;
  }

  const server = await startFakeServer((request) => {
    const other = answers[decodeURIComponent(request.url.pathname.slice(1))];
    return other ? other(request, () => answer(request)) : answer(request);
  });
  return {
    ...server,
    serve: (next) => void (served = next),
    instead: (next) => void (answers = next),
    asked: () =>
      server.requests().map(({ path, headers }) => {
        const how = [...('if-none-match' in headers ? ['if changed'] : []), ...('cache-control' in headers ? ['anew'] : [])];
        return [decodeURIComponent(path.split('/').at(-1) ?? ''), ...how].join(' ');
      }),
  };
}
