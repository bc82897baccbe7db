import { randomUUID } from 'node:crypto';
import type { Cloud, RunningCloud, Seed } from '../../conformance/cloud.ts';
import { startFakeServer, type FakeAnswer, type FakeRequest } from '../../support/fake-server.ts';
import { blob } from './blobs.ts';
import { read, remove, tags, write } from './manifests.ts';
import { noRoute, notAllowed, refusal } from './refusal.ts';
import { plant } from './seeds.ts';
import { newStore, type Store } from './store.ts';
import { defaultSwitches, type Switches } from './switches.ts';
import { startTokens, user, type Tokens } from './tokens.ts';
import { begin, goOn } from './uploads.ts';

export { ociErrorBody } from './refusal.ts';

/** The fake registry with what only tests of this driver touch. */
export interface OciCloud extends RunningCloud {
  readonly origin: string;
  readonly store: Store;
  readonly switches: Switches;
  readonly tokens: Tokens;
  /** Puts one image in and returns its id. */
  plant(seed: Seed, id?: string): string;
}

export const library = 'images/library';
const route = /^\/v2\/([a-z0-9]+(?:[._/-][a-z0-9]+)*)\/(manifests|blobs|tags)\/(.*)$/;
const rights: Readonly<Record<string, string>> = { GET: 'pull', HEAD: 'pull', DELETE: 'delete' };

/** A registry on loopback with a token server beside it. */
export async function startOci(more: Partial<Switches> = {}): Promise<OciCloud> {
  const store = newStore();
  const switches = { ...defaultSwitches(), ...more };
  const tokens: Tokens = startTokens(
    () => `${server.origin}/token`,
    () => switches.tokenLife,
  );

  function serve(request: FakeRequest, name: string, kind: string, rest: string): FakeAnswer | undefined {
    const { method, url } = request;
    const at = { store, name, switches, origin: server.origin };
    const isUpload = kind === 'blobs' && rest.startsWith('uploads/');
    const from = url.searchParams.get('from');
    // An upload that is let go is no deletion.
    const right = isUpload ? 'pull,push' : (rights[method] ?? 'pull,push');
    const scopes = [`repository:${name}:${right}`, ...(from === null ? [] : [`repository:${from}:pull`])];
    const refused = tokens.check(request, scopes, switches);
    if (refused) return refused;
    if (switches.readOnly && right !== 'pull') return notAllowed;
    if (kind === 'tags')
      return rest === 'list' && method === 'GET' ? tags(request, name, store.repositories.get(name), switches) : noRoute;
    if (isUpload)
      return rest === 'uploads/' && method === 'POST' ? begin(request, at) : goOn(request, rest.slice('uploads/'.length), at);
    if (kind === 'blobs') return blob(request, store.repositories.get(name), rest, switches);
    if (method === 'PUT') return write(request, store.of(name), rest, switches);
    if (method === 'DELETE') return remove(store.of(name), rest, switches);
    return method === 'GET' || method === 'HEAD' ? read(request, store.repositories.get(name), rest, switches) : undefined;
  }

  const server = await startFakeServer((request) => {
    if (request.url.pathname === '/token') return tokens.answer(request);
    const [, name, kind, rest = ''] = route.exec(request.url.pathname) ?? [];
    if (name === undefined || kind === undefined) return noRoute;
    if (rest.includes('/') && kind === 'manifests') return noRoute;
    return serve(request, name, kind, rest) ?? refusal(405, 'UNSUPPORTED', 'The operation is unsupported.');
  });

  const plantOne = (seed: Seed, id: string = randomUUID()): string => plant(store.of(library), seed, id);
  return {
    values: {
      registry: new URL(server.origin).host,
      repository: library,
      places: 'images/second,images/third',
      ...(switches.auth === 'none' ? {} : user),
    },
    origin: server.origin,
    store,
    switches,
    tokens,
    plant: plantOne,
    seed: async (seeds) => seeds.map((seed) => plantOne(seed)),
    requests: server.requests,
    forget: server.forget,
    fail: server.fail,
    stop: server.stop,
  };
}

/** The fake for the conformance suite. */
export const ociCloud = (switches: Partial<Switches> = {}): Cloud => ({ wire: true, start: () => startOci(switches) });
