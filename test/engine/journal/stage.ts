import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Image } from '../../../src/core/image.ts';
import type { Entry } from '../../../src/engine/journal/entry.ts';
import { openJournal, type Journal, type RunFacts } from '../../../src/engine/journal/journal.ts';
import type { Home } from '../../../src/host/paths.ts';
import { createRedactor } from '../../../src/core/redact.ts';

/** An empty home folder, and journals of runs in it. */
export interface JournalStage {
  readonly home: Home;
  readonly folder: string;
  readonly warnings: string[];
  open(facts?: Partial<RunFacts>): Journal;
  /** Lines of all files. */
  text(): string;
  entries(): readonly Entry[];
  remove(): Promise<void>;
}

export function journalStage(): JournalStage {
  const root = mkdtempSync(path.join(tmpdir(), 'imgctl-journal-'));
  const home: Home = { env: {}, home: root, platform: 'linux' };
  const folder = path.join(root, '.local/share/imgctl/journal');
  const warnings: string[] = [];
  const text = (): string =>
    readdirSync(folder)
      .sort()
      .map((name) => readFileSync(path.join(folder, name), 'utf8'))
      .join('');
  return {
    home,
    folder,
    warnings,
    open: (facts = {}) =>
      openJournal({
        home,
        version: '1.0.0',
        redactor: createRedactor(),
        words: ['upload', 'disk.raw', '--name', 'web'],
        now: () => Date.parse('2026-11-28T18:30:00Z'),
        warn: (message) => warnings.push(message),
        ...facts,
      }),
    text,
    entries: () =>
      text()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Entry),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

export const account = { profile: 'pcd', provider: 'openstack', account: 'abc' };

/** What a verb gives back. */
export const imageOf = (id: string, status: Image['status'], places: Image['places'] = []): Image => ({
  profile: 'pcd',
  provider: 'openstack',
  id,
  name: 'web',
  status,
  providerStatus: status,
  tags: [],
  properties: {},
  places,
  raw: {},
});
