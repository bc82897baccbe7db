/** Releases of the server whose behaviour differs. */
export type Version = '1.1' | '1.5' | '1.6';
export const versions: readonly Version[] = ['1.1', '1.5', '1.6'];

/** A process: the states it starts from, the state while it runs, and where it ends. From source: the process definitions. */
interface Process {
  readonly from: readonly string[];
  /** The state while it runs; `update` keeps the name of the state it began in. */
  readonly through: (from: string) => string;
  readonly to: (from: string) => string;
}

const fixed = (from: readonly string[], through: string, to: string): Process => ({ from, through: () => through, to: () => to });

const updating = ['updating-active', 'updating-inactive'];

function processesOf(version: Version): Readonly<Record<string, Process>> {
  // 1.2 let a record be deactivated that nothing had been done with; 1.6 took restore away.
  const early = version === '1.1' ? [] : ['requested'];
  return {
    create: fixed(['requested'], 'registering', 'inactive'),
    activate: fixed(['inactive', 'registering'], 'activating', 'active'),
    deactivate: fixed([...early, 'registering', 'active', 'activating', ...updating], 'deactivating', 'inactive'),
    remove: fixed(['requested', 'inactive', 'registering', ...updating], 'removing', 'removed'),
    purge: fixed(['removed'], 'purging', 'purged'),
    update: { from: ['inactive', 'active'], through: (from) => `updating-${from}`, to: (from) => from },
    ...(version === '1.6' ? {} : { restore: fixed(['removed'], 'restoring', 'inactive') }),
  };
}

/** What a release does differently. */
export interface Release {
  readonly version: Version;
  readonly processes: Readonly<Record<string, Process>>;
  readonly apiVersions: readonly string[];
  /** Actions that the schema of an API version names: more than there are, where the schema is frozen. */
  readonly schemaActions: (apiVersion: string) => readonly string[];
  /** Most rows of a page. */
  readonly mostRows: number;
  /** A removed row stays listed for this long, ms; below zero: it goes at once. */
  readonly shownRemovedMs: number;
  /** Longest time between removal and the purge by the server itself, ms. */
  readonly purgeAfterMs: number;
  /** `_removed=true` lists removed rows too. */
  readonly listsRemoved: boolean;
  readonly tells: { readonly baseType: boolean; readonly account: boolean };
}

const everyAction = ['activate', 'create', 'deactivate', 'purge', 'remove', 'restore', 'update'];

export function releaseOf(version: Version): Release {
  const processes = processesOf(version);
  return {
    version,
    processes,
    apiVersions: version === '1.1' ? ['v1'] : ['v1', 'v2-beta'],
    schemaActions: (apiVersion) =>
      version === '1.6' && apiVersion !== 'v1' ? everyAction.filter((name) => name !== 'restore') : everyAction,
    mostRows: version === '1.1' ? 10_000 : 3000,
    shownRemovedMs: version === '1.1' ? 300_000 : -300_000,
    purgeAfterMs: version === '1.1' ? 60_000 : 660_000,
    listsRemoved: version === '1.6',
    tells: { baseType: version !== '1.1', account: version !== '1.1' },
  };
}

/** States in which work is going on. */
export const isTransitioning = (state: string): boolean => /ing$|^updating-/.test(state);

/** Actions that start from a state: the rule behind every `actions` map. */
export function actionsFrom(release: Release, state: string): readonly string[] {
  return Object.keys(release.processes).filter((name) => release.processes[name]?.from.includes(state));
}

/** Every state that a process of the release begins in, runs through or ends in. */
export function statesOf(release: Release): readonly string[] {
  const states = Object.values(release.processes).flatMap(({ from, through, to }) =>
    from.flatMap((state) => [state, through(state), to(state)]),
  );
  return [...new Set(states)].sort();
}
