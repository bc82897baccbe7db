import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { hasTurn } from '../../support/sweep.ts';

/** Every call of the file system, in order; the one whose number is `failing`, counted from the moment the index is in place, fails. */
const faults = vi.hoisted(() => ({
  armed: false,
  committed: false,
  count: 0,
  failing: -1,
  code: 'EIO',
  seen: [] as string[],
  check(name: string): void {
    if (!this.armed || !this.committed) return;
    this.seen.push(name);
    this.count += 1;
    if (this.count === this.failing)
      throw Object.assign(new Error(`${this.code}: injected, ${name}`), { code: this.code, syscall: name });
  },
}));

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<Record<string, unknown>>();
  const wrapped = Object.entries(real).map(([name, value]) => {
    if (typeof value !== 'function') return [name, value];
    return [
      name,
      async (...args: unknown[]) => {
        faults.check(name);
        const result: unknown = await (value as (...all: unknown[]) => Promise<unknown>)(...args);
        if (name === 'rename' && faults.armed && String(args[1]).endsWith('/images/index.json')) faults.committed = true;
        if (name === 'open') watch(result as object);
        return result;
      },
    ];
  });
  function watch(handle: object): void {
    for (const name of ['sync', 'write', 'writeFile', 'stat', 'read', 'readFile', 'truncate'] as const) {
      const own = (handle as Record<string, (...all: unknown[]) => Promise<unknown>>)[name]?.bind(handle);
      if (!own) continue;
      Object.assign(handle, {
        [name]: async (...args: unknown[]) => {
          faults.check(`handle.${name}`);
          return own(...args);
        },
      });
    }
  }
  return { ...Object.fromEntries(wrapped), default: real };
});

const { makeBench } = await import('./bench.ts');
const { makeContent } = await import('../../support/content.ts');
const { testCall } = await import('../../conformance/stage.ts');
type Bench = ReturnType<typeof makeBench>;

/** A verb, and whether what it was asked for is so. `one` is there beforehand. */
const verbs: Readonly<Record<string, { run(bench: Bench): Promise<unknown>; isDone(bench: Bench): Promise<boolean> }>> = {
  upload: { run: (bench) => bench.upload('two', 2), isDone: (bench) => isListed(bench, 'two') },
  'upload of the same disk': { run: (bench) => bench.upload('two', 1), isDone: (bench) => isListed(bench, 'two') },
  create: { run: (bench) => bench.create('two'), isDone: (bench) => isListed(bench, 'two') },
  patch: { run: (bench) => bench.patch('one', { name: 'two' }), isDone: (bench) => isListed(bench, 'two') },
  delete: { run: (bench) => bench.remove('one'), isDone: async (bench) => !(await isListed(bench, 'one')) },
  deactivate: {
    run: (bench) => bench.session.require('deactivate').run({ id: 'one' }, testCall()),
    isDone: async (bench) => (await bench.show('one')).status === 'inactive',
  },
};
const isListed = async (bench: Bench, name: string): Promise<boolean> =>
  (await bench.list()).images.some((image) => image.name === name);

async function prepared(): Promise<Bench> {
  const bench = makeBench();
  const disk = makeContent({ format: 'raw' }, { diskLength: 50_000, seed: 1 });
  await bench.session.require('upload').run({ id: 'one', description: { name: 'one' }, content: disk, extras: {} }, testCall());
  return bench;
}

async function runWith(bench: Bench, verb: string, failing: number, code: string): Promise<Error | undefined> {
  Object.assign(faults, { armed: true, committed: false, count: 0, failing, code, seen: [] });
  try {
    await verbs[verb]?.run(bench);
    return undefined;
  } catch (error) {
    return error as Error;
  } finally {
    faults.armed = false;
  }
}

afterEach(() => void (faults.armed = false));

describe.each(Object.keys(verbs))('%s, when a call of the file system fails after the index was replaced', (verb) => {
  let calls: readonly string[] = [];
  beforeAll(async () => {
    expect(await runWith(await prepared(), verb, -1, '')).toBeUndefined();
    calls = faults.seen;
    expect(calls.length).toBeGreaterThan(3);
  });

  it('ends well, or says that it is done and of which image', async () => {
    for (const [at, call] of calls.entries()) {
      if (!hasTurn(at + Object.keys(verbs).indexOf(verb), 2)) continue;
      const bench = await prepared();
      const error = await runWith(bench, verb, at + 1, at % 2 === 0 ? 'EIO' : 'EACCES');
      const told = `${call} (${at + 1} of ${calls.length}): ${error?.message ?? 'no error'}`;
      expect(await verbs[verb]?.isDone(bench), told).toBe(true);
      if (error) expect(error.message, told).toMatch(/^image \S+ is (stored|removed), but that may not survive a power failure/);
      expect(error === undefined || call === 'handle.sync' || call === 'open', told).toBe(true);
    }
  });
});
