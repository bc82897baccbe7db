import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { trackLists, type ListProgress } from '../../../src/cli/batch/list-progress.ts';
import { providerError } from '../../../src/core/errors.ts';
import type { Image } from '../../../src/core/image.ts';
import { flagChange } from '../../../src/host/v8-flags.ts';
import { testCall } from '../../conformance/stage.ts';
import { fakeIo } from '../../support/fake-io.ts';
import type { Task } from '../../../src/core/task.ts';

/** A watch whose clock goes on by 100 ms for every image, and what it says of its tasks. */
function watching(): { readonly watch: ListProgress; readonly said: string[] } {
  const said: string[] = [];
  let now = 0;
  const task = (title: string): Task => {
    let isOver = false;
    const say = (text: string, over = false): void => {
      if (!isOver) said.push(text);
      isOver ||= over;
    };
    return {
      step: () => {},
      advance: () => {},
      message: (text, percent) => say(percent === undefined ? text : `${text} ${Math.round(percent)}%`),
      done: () => say(`${title} done`, true),
      fail: () => say(`${title} failed`, true),
    };
  };
  const progress = { task, line: () => {}, hide: () => {}, stop: () => {} };
  return { watch: trackLists({ io: fakeIo({ now: () => (now += 100) }), progress }), said };
}

async function* images(count: number, failure?: Error, begin?: () => void): AsyncIterable<Image> {
  begin?.();
  for (let number = 0; number < count; number += 1) yield { name: `${number}` } as Image;
  if (failure) throw failure;
}

async function taken(found: AsyncIterable<Image>, most = Infinity): Promise<number> {
  let count = 0;
  for await (const _ of found) {
    count += 1;
    if (count === most) break;
  }
  return count;
}

describe('a list that is watched', () => {
  it('says now and then how many images have come', async () => {
    const { watch, said } = watching();
    expect(await taken(await watch.watched('prod', testCall(), async () => images(6)))).toBe(6);
    expect(said).toEqual(['2 images', '4 images', '6 images', 'list prod done']);
  });

  it('says of how many, where the provider knows; the first number counts, and other facts are passed on', async () => {
    const { watch, said } = watching();
    const call = testCall();
    const found = await watch.watched('prod', call, async ({ note }) =>
      images(4, undefined, () => {
        note({ kind: 'expected', images: 8 });
        note({ kind: 'warning', message: 'one is damaged' });
        note({ kind: 'expected', images: 3 });
      }),
    );
    await taken(found);
    expect(said).toEqual(['0 of 8 images 0%', '2 of 8 images 25%', '4 of 8 images 50%', 'list prod done']);
    expect(call.notes).toEqual([{ kind: 'warning', message: 'one is damaged' }]);
  });

  it('fails where the provider fails, and is done where nobody wants more', async () => {
    const failed = watching();
    const failing = await failed.watch.watched('a', testCall(), async () => images(1, providerError('no')));
    await expect(taken(failing)).rejects.toThrow('no');
    expect(failed.said).toEqual(['list a failed']);
    const left = watching();
    expect(await taken(await left.watch.watched('a', testCall(), async () => images(9)), 1)).toBe(1);
    expect(left.said).toEqual(['list a done']);
  });

  it('makes V8 fit for a long list at 300 images of all profiles together, or as soon as so many are expected', async () => {
    let times = 0;
    const changing = (): void => void (times += 1);
    process.on(flagChange, changing);
    try {
      const { watch } = watching();
      await taken(await watch.watched('a', testCall(), async () => images(200)));
      await taken(await watch.watched('b', testCall(), async () => images(99)));
      await nextTurn();
      expect(times).toBe(0);
      await taken(await watch.watched('c', testCall(), async () => images(500)));
      await expect.poll(() => times).toBe(1);
      const other = watching().watch;
      const told = await other.watched('a', testCall(), async ({ note }) =>
        images(1, undefined, () => note({ kind: 'expected', images: 300 })),
      );
      for await (const _ of told) await expect.poll(() => times).toBe(2);
    } finally {
      process.off(flagChange, changing);
    }
  });

  it('shows nothing more once the first row is written to a terminal, and goes on beside a pipe', async () => {
    for (const [settings, expected] of [
      [{ terminal: true }, ['list a done']],
      [{ stderrIsTerminal: true }, ['2 images', '4 images', 'list a done']],
    ] as const) {
      const { watch, said } = watching();
      const found = await watch.watched('a', testCall(), async () => images(4));
      const io = fakeIo(settings);
      await watch.before(io).stdout.write('the first row');
      expect(io.out).toBe('the first row');
      await taken(found);
      expect(said).toEqual(expected);
    }
  });
});
