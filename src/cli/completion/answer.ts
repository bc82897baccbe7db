import { profileDirectory, type ProfileDirectory } from '../../engine/account/registry.ts';
import { sourceList } from '../../engine/account/sources.ts';
import { runsIn } from '../../engine/journal/runs.ts';
import { cachedNames } from './image-name-cache.ts';
import type { PublisherList } from '../../core/publisher.ts';
import { homeOf, ownFolder, type Home } from '../../host/paths.ts';
import { readBook } from '../../profiles/store.ts';
import { safe } from '../../ui/sanitize.ts';
import type { Candidate } from './candidate.ts';
import { complete, type OwnWords } from './complete.ts';
import { bashWord, shellWords } from './shell-words.ts';
import type { CompletionTable } from './table.ts';

/** `bin/imgctl.cjs` has no other file of the program at hand. @public */
export const homeFrom = homeOf;

const mostRuns = 30;

/** What a shell asked: its name and then, for bash, its word breaks and its line; for others the words, the last at the cursor. */
type Question = readonly string[];

/**
 * The answer to a shell's question, one candidate a line behind a first line that says what they are: `words`, or `files`
 * where the shell shall offer its own. Behind a tab, for shells that show it, what the candidate is. Only files are read.
 * `now` is ms since 1970. Throws nothing: a shell cannot show it, and a person who types does not want to see it.
 */
export async function completionAnswer(question: Question, table: CompletionTable, home: Home, now: number): Promise<string> {
  try {
    return await answer(question, table, home, now);
  } catch {
    return 'words\n';
  }
}

async function answer([shell = '', ...words]: Question, table: CompletionTable, home: Home, now: number): Promise<string> {
  const own = await ownWords(table, home, now);
  if (shell === 'bash') {
    const line = shellWords(words[1] ?? '');
    const found = await complete(line.before.slice(1), line.current, table, own);
    return lines(found, ({ text }) => bashWord(text, line, words[0] ?? ''));
  }
  const found = await complete(words.slice(1, -1), words.at(-1) ?? '', table, own);
  return lines(found, ({ text, about }) => (about ? `${text}\t${safe(about)}` : text));
}

function lines(found: readonly Candidate[] | 'files', write: (candidate: Candidate) => string | undefined): string {
  if (found === 'files') return 'files\n';
  return ['words', ...found.flatMap((candidate) => write(candidate) ?? []), ''].join('\n');
}

/** None where the user's own file is damaged: profiles and images are offered all the same. */
function sourcesIn({ sources, has }: ProfileDirectory): OwnWords['sources'] {
  try {
    return sources.names().flatMap((name) => (has(name) ? [] : [{ name, provider: sources.providerOf(name) }]));
  } catch {
    return [];
  }
}

/** What is known of them here are their names: nothing more is asked for. */
const publishersIn = ({ publishers }: CompletionTable): PublisherList =>
  Object.fromEntries(
    Object.entries(publishers).map(([name, driver]) => [name, { driver, load: () => Promise.reject(new Error(name)) }]),
  );

/** Runs of the journal, the newest first, with what was typed. */
function recentRuns(home: Home, now: number): readonly Candidate[] {
  const runs: Candidate[] = [];
  for (const { run, state } of runsIn(home, now, () => undefined)) {
    if (runs.length >= mostRuns) break;
    runs.push({ text: run.id, about: `${state}: ${run.words.join(' ')}` });
  }
  return runs;
}

async function ownWords(table: CompletionTable, home: Home, now: number): Promise<OwnWords> {
  const ambient = home.env.IMGCTL_PROFILE;
  const directory = profileDirectory({
    book: await readBook(ownFolder('config', home)),
    env: home.env,
    chosen: ambient ? [ambient] : [],
    isTyped: false,
    usual: table.usual,
    sources: sourceList(publishersIn(table), home),
  });
  const names = [...new Set([...directory.all, table.usual])];
  const sources = sourcesIn(directory);
  return {
    profiles: names.flatMap((name) => (directory.has(name) ? [{ name, provider: directory.entry(name).provider }] : [])),
    sources,
    current: directory.current,
    names: (profile) => cachedNames(profile, home, now),
    runs: () => recentRuns(home, now),
  };
}
