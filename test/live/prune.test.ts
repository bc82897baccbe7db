import { afterAll, describe, expect, it } from 'vitest';
import type { RetirementRow } from '../../src/core/retirement.ts';
import { fieldVariable } from '../../src/profiles/resolve.ts';
import { cliHome } from '../support/run-cli.ts';
import { valuesFor } from './real-cloud.ts';
import { bed, missing, names, show, unique, uploaded } from './site.ts';

const home = cliHome();
afterAll(() => home.remove());

const imgctl = (...args: readonly string[]) => {
  const fields = Object.entries({ provider: 'openstack', ...valuesFor(bed, 'demo') });
  return home.run([...args, '-p', 'x'], {
    env: Object.fromEntries(fields.map(([name, value]) => [fieldVariable('x', name), value])),
  });
};

describe.skipIf(missing !== undefined)('prune at a real Glance', () => {
  it('retires, brings back and deletes what is marked, and nothing else', async () => {
    const series = unique('series');
    const made = [];
    for (const number of [1, 2, 3])
      made.push(await uploaded({ name: `${series}-${number}`, properties: { 'imgctl.source.serial': `2026110${number}` } }));
    const other = await uploaded({ name: `${series}-0` });
    const marked = await imgctl('patch', ...made.map(({ id }) => id), '--manage', '-o', 'json');
    expect(marked.exitCode, marked.stderr).toBe(0);
    const actions = async (...args: readonly string[]): Promise<readonly string[]> => {
      const result = await imgctl('prune', `${series}-*`, '--unused', '--yes', '-o', 'json', ...args);
      expect(result.exitCode, result.stderr).toBe(0);
      return (result.json() as RetirementRow[]).map(({ name, action }) => `${name.slice(-1)} ${action}`).sort();
    };
    const [first] = made;
    expect(await actions('--keep', '2')).toEqual(['0 keep', '1 retire', '2 keep', '3 keep']);
    expect(await show(first?.id ?? '')).toMatchObject({ status: 'inactive', properties: { 'imgctl.managed': 'yes' } });
    expect(await actions('--keep', '3', '--grace', '0s')).toEqual(['0 keep', '1 unretire', '2 keep', '3 keep']);
    const back = await show(first?.id ?? '');
    expect([back.status, back.properties['imgctl.retired']]).toEqual(['active', undefined]);
    expect(await actions('--keep', '1')).toEqual(['0 keep', '1 retire', '2 retire', '3 keep']);
    const capped = await actions('--keep', '1', '--grace', '0s', '--max-delete', '1');
    expect(capped.filter((row) => row.endsWith('delete'))).toHaveLength(1);
    expect((await actions('--keep', '1', '--grace', '0s')).filter((row) => row.endsWith('delete'))).toHaveLength(1);
    const left = (await names({})).filter((name) => name.startsWith(`${series}-`));
    expect(left.toSorted()).toEqual([`${series}-0`, `${series}-3`]);
    expect((await show(other.id)).status).toBe('active');
  });
});
