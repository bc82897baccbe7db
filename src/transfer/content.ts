import { alignedIfKnown } from './align.ts';
import { diskId, type Reading } from './content/disk-id.ts';
import { makeContent, offeredContent } from './content/make-content.ts';
import { ObservedDisk } from './content/observed-disk.ts';
import { wholeDigest } from './known-digests.ts';
import type { Prepared } from './prepared.ts';
import type { Source } from './source.ts';
import { stageInput, passesOn, warnOf, type StagingRequest, type Staged } from './staging.ts';

/** A `Prepared` of a source that was looked at. Whatever temporary files it makes, and what was `given`, are gone once it is closed. */
export function contentMaker(given: Source, looked: Omit<StagingRequest, 'keep'>): Prepared {
  const files = [given];
  const asked: StagingRequest = {
    ...looked,
    means: { ...looked.means, warn: onceEach((message) => looked.means.warn(message)) },
    keep: (file) => void files.push(file),
  };
  const reading = readingOf(asked);
  const disk = new ObservedDisk();
  const readId = untilTold(() => diskId(asked, reading));
  const content = async () => makeContent(await reading.ready(), asked, disk);
  warnOf(asked.seen.source.name, asked.judgement, undefined, asked.means);
  return {
    get inspection() {
      return reading.now.seen.inspection;
    },
    get plan() {
      return reading.now.judgement.plan;
    },
    get virtualBytes() {
      return alignedIfKnown(reading.now.seen.inspection.virtualBytes, reading.now.judgement.plan.alignBytes);
    },
    content,
    contentId: async () => disk.contentId() ?? readId(),
    offered: () => offeredContent(asked, content),
    digest: async (wanted) =>
      passesOn(asked, reading.now) ? wholeDigest(reading.now.seen.source, wanted, asked.means) : undefined,
    async close() {
      await Promise.all(files.map((file) => file.close()));
    },
  };
}

/** The bytes may be read again; what is found in them is said once. */
function onceEach(say: (message: string) => void): (message: string) => void {
  const said = new Set<string>();
  return (message) => {
    if (said.has(message)) return;
    said.add(message);
    say(message);
  };
}

/** What was told once is told again; what cannot be told yet, or was missed, is asked for anew. */
function untilTold<T>(ask: () => Promise<T | undefined>): () => Promise<T | undefined> {
  let told: Promise<T | undefined> | undefined;
  const anew = (): void => void (told = undefined);
  return () => {
    if (!told) (told = ask()).then((answer) => answer === undefined && anew(), anew);
    return told;
  };
}

/** Makes ready what was asked for, once, when that is needed first. */
function readingOf(asked: StagingRequest): Reading {
  let now: Reading['now'] = asked;
  let made: Promise<Staged> | undefined;
  return {
    get now() {
      return now;
    },
    get isBegun() {
      return made !== undefined;
    },
    ready: () => (made ??= stageInput(asked).then((ready) => (now = ready))),
  };
}
