import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly uses?: string;
  readonly steps?: readonly {
    readonly uses?: string;
    readonly run?: string;
    readonly with?: Readonly<Record<string, unknown>>;
  }[];
  readonly strategy?: { readonly matrix: { readonly os: readonly string[]; readonly node: readonly string[] } };
  readonly 'timeout-minutes'?: number;
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const root = path.resolve(import.meta.dirname, '../..');
const folder = path.join(root, '.github/workflows');
const own = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  readonly engines: { readonly node: string };
  readonly scripts: Readonly<Record<string, string>>;
};
const workflows = readdirSync(folder).map((name) => {
  const text = readFileSync(path.join(folder, name), 'utf8');
  return { name, text, workflow: parse(text) as Workflow };
});
const jobs = workflows.flatMap(({ name, workflow }) =>
  Object.entries(workflow.jobs).map(([job, settings]) => ({ name: `${name} ${job}`, ...settings })),
);

describe.each(workflows)('the workflow $name', ({ text, workflow }) => {
  it('uses actions by the hash of a commit, and says which version that is', () => {
    const used = text.split('\n').filter((line) => /\buses:/.test(line) && !/uses: \.\//.test(line));
    expect(used.filter((line) => !/uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
  });

  it('may write nothing but what a job of it asks for, and runs once at a time', () => {
    expect(Object.values(workflow.permissions ?? { all: 'write' }).filter((access) => access !== 'read')).toEqual([]);
    expect(workflow.concurrency).toBeDefined();
    expect(Object.keys(workflow.on)).not.toContain('pull_request_target');
  });
});

describe('the jobs', () => {
  const steps = jobs.flatMap((job) => (job.steps ?? []).map((step) => ({ job: job.name, ...step })));

  it('end some time, and leave no credentials in what they check out', () => {
    expect(jobs.filter((job) => job.uses === undefined && job['timeout-minutes'] === undefined).map(({ name }) => name)).toEqual(
      [],
    );
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    expect(checkouts.length).toBeGreaterThan(0);
    for (const { job, with: settings } of checkouts) expect([job, settings?.['persist-credentials']]).toEqual([job, false]);
  });

  it('take nothing of an event into a shell but by the environment', () => {
    expect(steps.filter(({ run }) => run?.includes('${{')).map(({ job, run }) => `${job}: ${run}`)).toEqual([]);
  });

  it('run only scripts that there are', () => {
    const called = steps.flatMap(({ run }) =>
      [...(run ?? '').matchAll(/npm (?:run (\S+)|(test))/g)].map((found) => found[1] ?? found[2] ?? ''),
    );
    expect(called).toContain('test');
    expect(called.filter((name) => own.scripts[name] === undefined)).toEqual([]);
  });

  it('try the oldest Node that the package says it runs on, on three systems', () => {
    const matrix = jobs.find(({ strategy }) => strategy !== undefined)?.strategy?.matrix;
    expect(own.engines.node).toBe(`>=${matrix?.node[0]}`);
    expect(matrix?.os.map((os) => os.replace(/-.*/, ''))).toEqual(['ubuntu', 'macos', 'windows']);
  });
});
