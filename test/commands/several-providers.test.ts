import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startLinode, type RunningLinode } from '../clouds/linode/index.ts';
import { startOci, type OciCloud } from '../clouds/oci/index.ts';
import { commandStage, profileVariables } from './stage.ts';

const stage = commandStage();
let linode: RunningLinode;
let oci: OciCloud;
let env: Readonly<Record<string, string>>;
beforeAll(async () => {
  [linode, oci] = await Promise.all([startLinode(), startOci({ auth: 'none' })]);
  env = { ...profileVariables('lin', 'linode', linode.values), ...profileVariables('reg', 'oci', oci.values) };
});
afterAll(() => Promise.all([linode.stop(), oci.stop()]));
beforeEach(async () => {
  await stage.image('web');
});

/** What the second of two images is refused, as is known without a request: its provider cannot do it. */
const refused: readonly (readonly [provider: string, verb: string, options: readonly string[]])[] = [
  ['lin', 'deactivate', []],
  ['reg', 'deactivate', []],
  ['lin', 'patch', ['--property', 'k=v']],
  ['lin', 'patch', ['--visibility', 'public']],
  ['lin', 'patch', ['--tag', 't', '--protect']],
  ['lin', 'patch', ['--merge-patch', 'DOCUMENT']],
  ['lin', 'patch', ['--json-patch', 'STEPS']],
];

describe('several images, of which one lies where it cannot be done', () => {
  it.each(refused)('%s: %s %j is refused before the first is changed', async (profile, verb, options) => {
    const document = stage.write('document', JSON.stringify({ description: 'x', properties: { k: 'v' } }));
    const steps = stage.write('steps', JSON.stringify([{ op: 'add', path: '/properties/k', value: 'v' }]));
    const words = options.map((word) => word.replace('DOCUMENT', document).replace('STEPS', steps));
    const before = (await stage.ok(['show', 'local:web', '-o', 'json'])).stdout;
    const requests = linode.requests().length + oci.requests().length;
    const result = await stage.run([verb, 'local:web', `${profile}:private/1`, ...words, '-o', 'json'], { env });
    expect([result.exitCode, result.stdout], result.stderr).toEqual([7, '']);
    expect((await stage.ok(['show', 'local:web', '-o', 'json'])).stdout).toBe(before);
    expect(linode.requests().length + oci.requests().length).toBe(requests);
  });
});

it('an image that is named twice is worked on once, however it is named', async () => {
  const { id } = (await stage.ok(['show', 'local:web', '-o', 'json'])).json() as { id: string };
  const result = await stage.run(['delete', 'web', 'web', `local:${id}`, 'local:web', '--yes', '-o', 'json']);
  expect(result.exitCode, result.stderr).toBe(0);
  expect((result.json() as { id: string }[]).map((row) => row.id)).toEqual([id, id, id]);
});
