import { mkdir, rmdir, rmdirSync, stat, type Stats, utimes } from 'node:fs';

type Done = (error?: Error | null) => void;

const coded = (code: string, message: string): Error => Object.assign(new Error(message), { code });
const held = (): Error => coded('ELOCKED', 'held');

/** The `code` of a file system's error, absent for anything else. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/**
 * Removes a lock left behind, at most once per such lock. Two processes that both see it would otherwise both
 * remove it: the slower one removes the lock that the faster one has taken meanwhile, and both go on. So whoever
 * wants to remove it claims it first, by a folder named after this very lock (inode and time), and looks again.
 */
function removeLeftover(lock: string, seen: Stats, staleMs: number, done: Done): void {
  const claim = `${lock}.${seen.ino}-${Math.round(seen.mtimeMs)}`;
  mkdir(claim, (refused) => {
    if (refused) {
      if (codeOf(refused) !== 'EEXIST') return done(refused);
      // Whoever claimed it may have died as well; otherwise a claim lasts no longer than this function.
      return stat(claim, (gone, claimed) => {
        if (!gone && claimed.mtimeMs < Date.now() - staleMs) return rmdir(claim, () => done(held()));
        done(held());
      });
    }
    const finish: Done = (error) => rmdir(claim, () => done(error));
    stat(lock, (gone, now) => {
      if (gone) return finish(codeOf(gone) === 'ENOENT' ? null : gone);
      if (now.ino !== seen.ino || now.mtimeMs !== seen.mtimeMs) return finish(held());
      rmdir(lock, (error) => finish(codeOf(error) === 'ENOENT' ? null : error));
    });
  });
}

/** Removes our own lock, unless it bears another time than the one we gave it: then it is somebody else's by now. */
function removeOwn(lock: string, ours: number | undefined, done: Done): void {
  stat(lock, (gone, now) => {
    if (gone || now.mtime.getTime() !== ours) return done(coded('ECOMPROMISED', 'the lock is no longer ours'));
    rmdir(lock, done);
  });
}

/**
 * The part of `node:fs` that proper-lockfile works with, for one lock. Its own ways of removing a lock do not
 * look whose it is at that moment; these do. `taken` is to be called once the lock is ours.
 */
export function lockFiles(staleMs: number): { fs: object; taken(): void } {
  let state: 'taking' | 'ours' | 'given back' = 'taking';
  let seen: Stats | undefined;
  let ours: number | undefined;
  return {
    taken: () => void (state = 'ours'),
    fs: {
      mkdir,
      rmdirSync,
      stat: (path: string, done: (error: Error | null, stats?: Stats) => void) =>
        stat(path, (error, stats) => {
          seen = stats;
          done(error, stats);
        }),
      utimes: (path: string, accessed: Date, modified: Date, done: Done) => {
        // A sign of life that was on its way while the lock was given back would mark the next owner's.
        if (state === 'given back') return done();
        ours = modified.getTime();
        utimes(path, accessed, modified, done);
      },
      rmdir: (path: string, done: Done) => {
        if (state === 'taking') return seen ? removeLeftover(path, seen, staleMs, done) : rmdir(path, done);
        state = 'given back';
        removeOwn(path, ours, done);
      },
    },
  };
}
