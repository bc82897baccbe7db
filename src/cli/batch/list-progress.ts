import type { Image } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import type { Io } from '../../ui/io.ts';
import type { Surface } from '../program/context.ts';
import { pluralize } from './pluralize.ts';
import type { Task } from '../../core/task.ts';

/** Images from which on a list is a long one. */
const longList = 300;
/** Often enough for a person, and whenever a page is likely to be whole. */
const tellEvery = { ms: 200, images: 1000 };

/** Follows lists while they are read: says how far each is, and makes V8 fit for a long one. */
export interface ListProgress {
  /** The images of one profile as `list` gives them; the call that it is given learns how many are expected. */
  watched(profile: string, call: Call, list: (call: Call) => Promise<AsyncIterable<Image>>): Promise<AsyncIterable<Image>>;
  /** The same output; on a terminal the first text that is written to it ends the progress, for rows that come show enough. */
  before(io: Io): Io;
}

/** A watch over the lists of one command. */
export function trackLists(surface: Pick<Surface, 'io' | 'progress'>): ListProgress {
  const tasks = new Set<Task>();
  let all = 0;
  let isLong = false;

  /** So many images have come, of all profiles together, or are known to come. */
  function beLongFrom(images: number): void {
    if (isLong || images < longList) return;
    isLong = true;
    void import('../../host/heap-tuning.ts').then(({ tuneForList }) => tuneForList());
  }
  function end(task: Task, how: 'done' | 'fail'): void {
    if (tasks.delete(task)) task[how]();
  }

  async function* followed(images: AsyncIterable<Image>, task: Task, seen: (count: number) => void): AsyncIterable<Image> {
    let count = 0;
    try {
      for await (const image of images) {
        yield image;
        seen((count += 1));
      }
    } catch (error) {
      end(task, 'fail');
      throw error;
    } finally {
      end(task, 'done');
    }
  }

  return {
    async watched(profile, call, list) {
      let [expected, toldAt] = [0, surface.io.now()];
      let task: Task | undefined;
      const tell = (count: number): void => task?.message(...progressOf(count, expected));
      const images = await list({
        ...call,
        note(event) {
          if (event.kind !== 'expected') return call.note(event);
          if (expected > 0) return;
          expected = event.images;
          tell(0);
          beLongFrom(expected);
        },
      });
      task = surface.progress.task(`list ${profile}`);
      tasks.add(task);
      return followed(images, task, (count) => {
        beLongFrom((all += 1));
        const now = surface.io.now();
        if (now - toldAt < tellEvery.ms && count % tellEvery.images > 0) return;
        toldAt = now;
        tell(count);
      });
    },
    before(io) {
      if (!io.stdoutIsTerminal) return io;
      const write = (text: string): Promise<void> => {
        for (const task of tasks) end(task, 'done');
        return io.stdout.write(text);
      };
      return { ...io, stdout: { write } };
    },
  };
}

function progressOf(count: number, expected: number): [text: string, percent?: number] {
  if (expected <= count) return [pluralize(count, 'image')];
  return [`${count} of ${pluralize(expected, 'image')}`, (count * 100) / expected];
}
