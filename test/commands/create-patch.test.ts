import { describe, expect, it } from 'vitest';
import { startOpenstack } from '../clouds/openstack/index.ts';
import { readOnlyDriver } from '../support/read-only-driver.ts';
import type { OperationName } from '../../src/core/operation.ts';
import { driverList } from '../../src/engine/driver-list.ts';
import { commandStage, errorOf, profileVariables } from './stage.ts';
import type { DriverList } from '../../src/engine/context.ts';

const stage = commandStage();

describe('create', () => {
  it('makes a queued record with every field, and says what comes next', async () => {
    const options =
      '--id golden-1 --description text --tag a --tag b --property os=debian --property x=1=2 --visibility public --protect --hide ' +
      '--disk-format qcow2 --container-format bare --architecture x86_64 --min-disk 2GiB --min-ram 512MiB';
    const made = await stage.ok(['create', 'golden', ...options.split(' '), '-o', 'json']);
    expect(made.json()).toMatchObject({
      id: 'golden-1',
      name: 'golden',
      status: 'queued',
      description: 'text',
      tags: ['a', 'b'],
      properties: { os: 'debian', x: '1=2' },
      visibility: 'public',
      protected: true,
      hidden: true,
      diskFormat: 'qcow2',
      containerFormat: 'bare',
      architecture: 'x86_64',
      minDiskBytes: 2_147_483_648,
      minRamBytes: 536_870_912,
    });
    expect(made.stderr, 'nothing for a person when a machine reads').toBe('');
    const said = await stage.ok(['create', 'next', '--id', 'n1']);
    expect(said.stderr).toBe('n1 is queued. Fill it with: imgctl upload FILE --into local:n1\n');
  });

  it('refuses an id that is taken with 6, and one that cannot be one with 2', async () => {
    await stage.queued('a', '--id', 'one');
    const taken = await stage.run(['create', 'b', '--id', 'One', '--json']);
    expect([taken.exitCode, errorOf(taken).message]).toEqual([6, 'id one already exists']);
    for (const id of ['a/b', '..', 'a\u0000b', '']) {
      const odd = await stage.run(['create', 'c', '--id', id, '--json']);
      expect([odd.exitCode, errorOf(odd).code], JSON.stringify(id)).toEqual([2, 'USAGE']);
    }
    expect(await stage.names()).toEqual(['a']);
  });

  it.each([
    [['--from-disk', '1'], 7, "local does not support creating images from a server's disk"],
    [['--owner', 'me'], 7, 'local cannot set owner with create'],
    [['--set', 'cloudInit=true'], 2, '--set: unknown field for local: cloudInit'],
    [['--disk-format', 'qcow'], 2, expect.stringMatching(/^--disk-format: "qcow" is not one of raw, qcow2, /)],
    [['--visibility', 'all'], 2, '--visibility: "all" is not one of public, private, shared, community'],
    [['--min-disk', 'much'], 2, '--min-disk: invalid size: much'],
    [['--property', '=x'], 2, '--property: "=x" is not of the form key=value'],
  ])('refuses %j, and makes nothing', async (options, exitCode, message) => {
    const refused = await stage.run(['create', 'web', ...options, '--json']);
    expect([refused.exitCode, refused.stdout]).toEqual([exitCode, '']);
    expect(errorOf(refused)).toMatchObject({ message, exitCode });
    expect(await stage.names()).toEqual([]);
  });

  it('makes a record at the profile in front of the name', async () => {
    const env = profileVariables('lab', 'local', { path: stage.file('lab') });
    expect((await stage.ok(['create', 'lab:web', '-o', 'json'], { env })).json()).toMatchObject({ profile: 'lab', name: 'web' });
    expect(await stage.names()).toEqual([]);
  });
});

describe('patch by options', () => {
  it('changes every field, and takes away what is named', async () => {
    await stage.queued(
      'web',
      '--tag',
      'old',
      '--tag',
      'kept',
      '--property',
      'stale=1',
      '--property',
      'kept=2',
      '--protect',
      '--hide',
    );
    const options =
      '--name web-2 --description d --tag new --untag old --property os=x --remove-property stale --visibility shared --unprotect ' +
      '--unhide --min-ram 1G';
    const changed = await stage.ok(['patch', 'web', ...options.split(' '), '-o', 'json']);
    expect(changed.json()).toMatchObject({
      name: 'web-2',
      description: 'd',
      tags: ['kept', 'new'],
      properties: { kept: '2', os: 'x' },
      visibility: 'shared',
      protected: false,
      hidden: false,
      minRamBytes: 1_073_741_824,
    });
    const { properties } = changed.json() as { properties: object };
    expect(Object.keys(properties).sort()).toEqual(['kept', 'os']);
    for (const alias of ['update', 'set']) await stage.ok([alias, 'web-2', '--description', alias]);
    expect((await stage.ok(['show', 'web-2', '-c', 'description', '-o', 'yaml'])).stdout).toBe('description: set\n');
  });

  it.each([
    [[], 'nothing to change'],
    [['--protect', '--unprotect'], '--protect and --unprotect cannot be combined'],
    [['--hide', '--unhide'], '--hide and --unhide cannot be combined'],
    [['--tag', 't', '--untag', 't'], 't is in both --tag and --untag'],
    [['--property', 'k=1', '--remove-property', 'k'], 'k is in both --property and --remove-property'],
    [['--name', 'b', '--merge-patch', '-'], 'name is set by an option and in the merge-patch'],
    [['--json-patch', '-', '--merge-patch', '-'], '--json-patch and --merge-patch cannot be combined'],
  ])('refuses %j', async (options, message) => {
    const refused = await stage.run(['patch', 'web', ...options, '--json'], { stdin: '{"name":"c"}' });
    expect(errorOf(refused)).toMatchObject({ code: 'USAGE', message, exitCode: 2 });
  });

  it('goes on after a failure with several, a row for each, and ends with 12', async () => {
    const [a, c] = [await stage.queued('a'), await stage.queued('c')];
    const result = await stage.run(['patch', 'a', 'zzzzzz', 'c', '--tag', 'x', '-o', 'json']);
    expect(result.exitCode).toBe(12);
    expect(result.json()).toEqual([
      { image: 'a', profile: 'local', id: a, name: 'a', status: 'queued', result: 'ok' },
      {
        image: 'zzzzzz',
        profile: 'local',
        result: 'failed',
        code: 'NOT_FOUND',
        exitCode: 5,
        message: 'no such image in local: zzzzzz',
        hint: expect.any(String),
      },
      { image: 'c', profile: 'local', id: c, name: 'c', status: 'queued', result: 'ok' },
    ]);
    expect(errorOf(result)).toEqual({ code: 'PARTIAL', message: '1 of 3 images failed', exitCode: 12 });
    const table = await stage.run(['patch', 'a', 'zzzzzz', '--tag', 'x', '-c', 'image,result,code', '--no-header']);
    expect([table.exitCode, table.stdout]).toEqual([12, 'a\tok\t\nzzzzzz\tfailed\tNOT_FOUND\n']);
  });

  it('stops at the first failure with --fail-fast', async () => {
    await stage.queued('a');
    await stage.queued('c');
    const result = await stage.run(['patch', 'a', 'zzzzzz', 'c', '--tag', 'x', '--fail-fast', '-o', 'json']);
    expect(result.exitCode).toBe(12);
    expect((result.json() as { result: string }[]).map((row) => row.result)).toEqual(['ok', 'failed', 'skipped']);
    expect(errorOf(result).message).toBe('1 of 3 images failed');
    expect((await stage.ok(['show', 'c', '-o', 'json'])).json()).toMatchObject({ tags: [] });
  });
});

describe('patch by a document', () => {
  const patchBy = (kind: 'json-patch' | 'merge-patch', document: unknown) =>
    stage.run(['patch', 'web', `--${kind}`, '-', '-o', 'json'], {
      stdin: typeof document === 'string' ? document : JSON.stringify(document),
    });

  it('applies a JSON Patch from standard input or a file', async () => {
    await stage.queued('web', '--tag', 'a', '--tag', 'b', '--property', 'x=1');
    const patched = await patchBy('json-patch', [
      { op: 'test', path: '/status', value: 'queued' },
      { op: 'replace', path: '/name', value: 'web-2' },
      { op: 'add', path: '/description', value: 'd' },
      { op: 'add', path: '/tags/-', value: 'c' },
      { op: 'remove', path: '/tags/0' },
      { op: 'add', path: '/properties/os~1name', value: 'debian' },
      { op: 'move', from: '/properties/x', path: '/properties/y' },
      { op: 'add', path: '/minDiskBytes', value: 1024 },
      { op: 'add', path: '/protected', value: true },
    ]);
    expect(patched.stderr).toBe('');
    expect(patched.json()).toMatchObject({
      name: 'web-2',
      description: 'd',
      tags: ['b', 'c'],
      minDiskBytes: 1024,
      protected: true,
    });
    expect(patched.json()).toHaveProperty('properties', { 'os/name': 'debian', y: '1' });
    const file = stage.write('patch.json', JSON.stringify([{ op: 'remove', path: '/description' }]));
    expect((await stage.ok(['patch', 'web-2', '--json-patch', file, '-o', 'json'])).json()).not.toHaveProperty('description');
  });

  it('applies a JSON Merge Patch', async () => {
    await stage.queued('web', '--description', 'd', '--tag', 'a', '--property', 'x=1', '--property', 'y=2');
    const patched = await patchBy('merge-patch', { description: null, tags: ['n'], properties: { x: null, z: '3' } });
    expect(patched.json()).not.toHaveProperty('description');
    expect(patched.json()).toMatchObject({ name: 'web', tags: ['n'], properties: { y: '2', z: '3' } });
    expect((patched.json() as { properties: object }).properties).not.toHaveProperty('x');
    expect((await patchBy('merge-patch', {})).exitCode, 'nothing to change is no failure').toBe(0);
  });

  it('applies options and document together', async () => {
    await stage.queued('web', '--tag', 'a');
    const result = await stage.ok(['patch', 'web', '--name', 'w', '--merge-patch', '-', '-o', 'json'], {
      stdin: '{"description":"d"}',
    });
    expect(result.json()).toMatchObject({ name: 'w', description: 'd', tags: ['a'] });
  });

  it.each([
    ['json-patch', [{ op: 'replace', path: '/id', value: 'x' }], '/id is read-only'],
    ['json-patch', [{ op: 'add', path: '/status', value: 'active' }], '/status is read-only'],
    ['json-patch', [{ op: 'move', from: '/checksums', path: '/properties/x' }], '/checksums is read-only'],
    ['json-patch', [{ op: 'replace', path: '', value: {} }], 'the whole record is read-only'],
    ['json-patch', [{ op: 'replace', path: 'name', value: 'x' }], 'name is read-only'],
    ['json-patch', [{ op: 'add', path: '/__proto__/x', value: 'x' }], '/__proto__/x is read-only'],
    ['json-patch', { op: 'replace', path: '/name', value: 'x' }, 'a JSON Patch is an array of operations (RFC 6902)'],
    [
      'json-patch',
      [{ op: 'rename', path: '/name' }],
      'operation 0 of the JSON Patch: op is not one of add, remove, replace, move, copy, test',
    ],
    ['json-patch', [{ op: 'add', path: '/name', value: 'x' }, { op: 'add' }], 'operation 1 of the JSON Patch has no path'],
    ['json-patch', [{ op: 'copy', path: '/name' }], 'operation 0 of the JSON Patch (copy) has no from'],
    ['json-patch', [null], expect.stringMatching(/^operation 0 of the JSON Patch: op is not/)],
    ['json-patch', '[{', expect.stringMatching(/^the json-patch is not JSON: /)],
    ['json-patch', [{ op: 'add', path: '/name' }], 'operation 0 of the JSON Patch (add) has no value'],
    ['json-patch', [{ op: 'replace', path: '/name', value: 3 }], 'name must be a string, not 3'],
    ['json-patch', [{ op: 'add', path: '/minDiskBytes', value: '1G' }], 'minDiskBytes must be a number, not "1G"'],
    ['json-patch', [{ op: 'add', path: '/properties/n', value: 1 }], 'the property n must be a text, not 1'],
    ['json-patch', [{ op: 'replace', path: '/tags', value: 'x' }], 'tags must be a list of texts'],
    ['merge-patch', ['name'], 'a JSON Merge Patch for an image is an object (RFC 7386)'],
    ['merge-patch', { id: 'x' }, '/id is read-only'],
    ['merge-patch', { protected: 'yes' }, 'protected must be a boolean, not "yes"'],
    ['merge-patch', 'null', 'a JSON Merge Patch for an image is an object (RFC 7386)'],
  ] as const)('refuses the %s %j', async (kind, document, message) => {
    await stage.queued('web');
    const before = (await stage.ok(['show', 'web', '--json'])).stdout;
    const refused = await patchBy(kind, document);
    expect(errorOf(refused)).toMatchObject({ code: 'USAGE', message, exitCode: 2 });
    expect(refused.exitCode).toBe(2);
    expect((await stage.ok(['show', 'web', '--json'])).stdout, 'nothing was changed').toBe(before);
  });

  it('refuses with 6 where the document’s own test does not hold, or it leads nowhere', async () => {
    const id = await stage.queued('web');
    const before = (await stage.ok(['show', 'web', '--json'])).stdout;
    const tested = await patchBy('json-patch', [
      { op: 'replace', path: '/name', value: 'x' },
      { op: 'test', path: '/status', value: 'active' },
    ]);
    expect([tested.exitCode, errorOf(tested).message]).toEqual([6, expect.stringContaining(`test failed for ${id}`)]);
    for (const path of ['/properties/none', '/description']) {
      const nowhere = await patchBy('json-patch', [{ op: 'remove', path }]);
      expect([nowhere.exitCode, errorOf(nowhere).message]).toEqual([6, expect.stringContaining(`does not apply to ${id}`)]);
    }
    expect((await stage.ok(['show', 'web', '--json'])).stdout).toBe(before);
  });

  it('wants a document that is there, and none from a terminal', async () => {
    await stage.queued('web');
    const missing = await stage.run(['patch', 'web', '--json-patch', stage.file('none.json'), '--json']);
    expect([missing.exitCode, errorOf(missing).message]).toEqual([5, `no such file: ${stage.file('none.json')}`]);
    const terminal = await stage.run(['patch', 'web', '--json-patch', '-', '--json'], { terminal: true });
    expect(errorOf(terminal)).toMatchObject({ code: 'USAGE', message: 'standard input is a terminal' });
  });

  it('keeps a property named like a part of every object', async () => {
    await stage.queued('web', '--property', '__proto__=p', '--property', 'constructor=c');
    const shown = (await stage.ok(['show', 'web', '-o', 'json'])).stdout;
    expect(shown).toContain('"__proto__": "p"');
    const patched = await patchBy('merge-patch', '{"properties":{"__proto__":null,"toString":"t"}}');
    expect(patched.stdout).not.toContain('__proto__');
    expect(patched.stdout).toContain('"toString": "t"');
    expect(({} as Record<string, unknown>)['p']).toBeUndefined();
  });
});

describe('a provider that cannot', () => {
  const readOnly: DriverList = {
    ...driverList,
    names: [...driverList.names, 'readonly'],
    load: (name) => (name === 'readonly' ? Promise.resolve(readOnlyDriver) : driverList.load(name)),
  };
  // A port of loopback that nobody listens at: a request would be NETWORK.
  const env = profileVariables('ro', 'readonly', { url: 'http://127.0.0.1:1', token: 't' });

  async function able(verb: OperationName): Promise<string> {
    const all = await Promise.all(driverList.names.map((name) => driverList.load(name)));
    return all.flatMap((driver) => (driver?.facts[verb] ? driver.name : [])).join(', ');
  }

  it.each<[readonly string[], OperationName]>([
    [['create', 'ro:x'], 'create'],
    [['patch', 'ro:x', '--name', 'y'], 'patch'],
    [['delete', 'ro:x', '--yes'], 'delete'],
    [['deactivate', 'ro:x'], 'deactivate'],
    [['restore', 'ro:x'], 'restore'],
    [['replicate', 'ro:x', '--to', 'a'], 'replicate'],
    [['upload', '/dev/null', '--name', 'ro:x'], 'upload'],
    [['download', 'ro:x', 'f'], 'download'],
    [['copy', 'ro:x', 'local'], 'download'],
    [['copy', 'x', 'ro'], 'upload'],
    [['import', 'ro:x', '--url', 'https://h.example/x'], 'import'],
    [['share', 'ro:x'], 'share'],
    [['places', '-p', 'ro'], 'places'],
  ])('refuses %j with 7 before any request, and says who can', async (args, verb) => {
    const refused = await stage.run([...args, '--json'], { env, drivers: readOnly });
    expect(errorOf(refused)).toEqual({
      code: 'UNSUPPORTED',
      message: `readonly does not offer ${verb}. This catalogue can only be read. Supported by: ${await able(verb)}.`,
      hint: 'See what it supports with: imgctl providers readonly',
      profile: 'ro',
      provider: 'readonly',
      exitCode: 7,
    });
    expect([refused.exitCode, refused.stdout]).toEqual([7, '']);
  });

  it('says so of share at the local store', async () => {
    const refused = await stage.run(['share', 'web', '--with', 'p', '--json']);
    expect(refused.exitCode).toBe(7);
    expect(errorOf(refused).message).toMatch(/^local does not offer share\. .* Supported by: (?:[a-z]+, )*openstack\.$/);
  });
});

describe('share', () => {
  it('gives, lists, accepts and takes access', async () => {
    const cloud = await startOpenstack();
    try {
      const env = {
        ...profileVariables('mine', 'openstack', cloud.values),
        ...profileVariables('theirs', 'openstack', cloud.valuesFor('alt')),
      };
      const [id = ''] = await cloud.seed([{ name: 'golden' }]);
      await stage.ok(['patch', `mine:${id}`, '--visibility', 'shared'], { env });
      const who = (await stage.ok(['profile', 'check', 'theirs', '-o', 'json'], { env })).json() as {
        details: Record<string, string>;
      };
      const project =
        Object.values(who.details)
          .find((text) => /[0-9a-f]{32}/.test(text))
          ?.match(/[0-9a-f]{32}/)?.[0] ?? '';
      const given = await stage.ok(['share', `mine:${id}`, '--with', project, '-o', 'json'], { env });
      expect(given.json()).toMatchObject([{ with: project, state: 'pending' }]);
      const accepted = await stage.ok(['share', `theirs:${id}`, '--accept', '-o', 'json'], { env });
      expect(accepted.json()).toMatchObject([{ with: project, state: 'accepted' }]);
      expect((await stage.ok(['share', `mine:${id}`, '-c', 'with,state', '--no-header'], { env })).stdout).toBe(
        `${project}\taccepted\n`,
      );
      expect((await stage.ok(['unshare', `mine:${id}`, '--with', project, '-o', 'json'], { env })).stdout).toBe('[]\n');
    } finally {
      await cloud.stop();
    }
  });

  it('refuses what excludes each other, and unshare without --with', async () => {
    const both = await stage.run(['share', 'x', '--accept', '--reject', '--json']);
    expect(errorOf(both)).toMatchObject({ code: 'USAGE', message: '--accept, --reject and --pending cannot be combined' });
    const none = await stage.run(['unshare', 'x', '--json']);
    expect(errorOf(none)).toMatchObject({ code: 'USAGE', hint: 'List who has access with: imgctl share x' });
  });
});
