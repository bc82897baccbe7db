import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rulesExample } from '../../src/cli/help/policy.ts';
import { overNetwork } from '../clouds/index.ts';
import type { RunningCloud } from '../conformance/cloud.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
const labs = (...names: readonly string[]): Record<string, string> =>
  Object.assign({}, ...names.map((name) => profileVariables(name, 'local', { path: stage.file(name) })));
const dead = profileVariables('dead', 'rancher', { url: 'http://127.0.0.1:1/v1/projects/1a5' });

/** A file with one rule; gives its path. */
const rules = (require: string, severity = 'error', when = ''): string =>
  stage.write('rules.yaml', `version: 1\nrules:\n  - id: team\n    severity: ${severity}\n${when}    require: { ${require} }\n`);
const team = 'properties.team: [web, data]';

describe('policy check', () => {
  it('has a row for each violation, and ends with 15', async () => {
    const env = labs('laba', 'labb');
    const bad = (await stage.ok(['create', 'laba:bad', '--property', 'team=none', '-o', 'id'], { env })).stdout.trim();
    await stage.ok(['create', 'labb:good', '--property', 'team=web'], { env });
    const result = await stage.run(['policy', 'check', '-p', 'lab*', '--rules', rules(team), '-o', 'json'], { env });
    expect(result.json()).toEqual([
      {
        profile: 'laba',
        provider: 'local',
        id: bad,
        name: 'bad',
        rule: 'team',
        severity: 'error',
        field: 'properties.team',
        found: 'none',
        expected: 'one of web, data',
      },
    ]);
    expect([result.exitCode, errorOf(result).code, errorOf(result).exitCode]).toEqual([15, 'DRIFT', 15]);
    const one = await stage.run(['policy', 'check', 'laba:', '--rules', rules(`${team}, status: active`), '-o', 'id'], { env });
    expect([one.exitCode, one.stdout]).toEqual([15, `${bad}\n`]);
    expect(one.stderr).toContain(`imgctl show laba:${bad}`);
  });

  it('ends with 0 where nothing is violated, or only warnings are', async () => {
    await stage.queued('web', '--property', 'team=web');
    const kept = await stage.ok(['policy', 'check', '--rules', rules(team)]);
    expect(kept.stdout.trim().split('\n')).toHaveLength(1);
    expect(kept.stderr).toMatch(/^1 image checked against 1 rule of .*rules\.yaml: no violations\n$/);
    const warned = await stage.ok(['policy', 'check', '--rules', rules('visibility: public', 'warning'), '-o', 'csv']);
    expect(warned.stdout).toContain('team,warning,visibility');
    expect(warned.stderr).toContain(': 1 warning\n');
  });

  it('never takes a profile that could not be read for one without violations', async () => {
    const env = { ...labs('laba'), ...dead };
    const checked = async (require: string, ...more: readonly string[]) => {
      const line = ['policy', 'check', '-p', 'laba', '-p', 'dead', '--rules', rules(require), '--retries', '0', ...more];
      return stage.run(line, { env });
    };
    await stage.ok(['create', 'laba:web', '--property', 'team=none'], { env });
    const good = await checked('properties.team: none');
    expect([good.exitCode, good.stderr.includes('not all could be checked')]).toEqual([12, true]);
    const bad = await checked(team, '-o', 'json');
    expect([bad.exitCode, errorOf(bad).code, (bad.json() as object[]).length]).toEqual([12, 'PARTIAL', 1]);
    const junit = await checked('properties.team: none', '-o', 'junit');
    expect([junit.exitCode, junit.stdout.match(/<testsuite name="dead".* errors="1"/)?.length]).toEqual([12, 1]);
    expect((await checked('name: x', '-o', 'sarif')).stdout).toContain('"executionSuccessful": false');
    const alone = await stage.run(['policy', 'check', '-p', 'dead', '--rules', rules(team), '--retries', '0'], { env });
    expect([alone.exitCode, alone.stdout]).toEqual([9, '']);
    // That no rule is about what could be read says nothing of the rest.
    const condition = '    when: { name: nobody }\n';
    const line = ['policy', 'check', '-p', 'laba', '-p', 'dead', '--rules', rules(team, 'error', condition), '--retries', '0'];
    expect((await stage.run(line, { env })).exitCode).toBe(12);
  });

  it('is not green where nothing was looked at', async () => {
    const condition = '    when: { name: nobody }\n';
    await stage.queued('web');
    const idle = await stage.run(['policy', 'check', '--rules', rules(team, 'error', condition), '-o', 'json']);
    expect([idle.exitCode, idle.stdout, errorOf(idle).message]).toEqual([
      2,
      '',
      expect.stringMatching(/^no rule of .* applies to this image$/),
    ]);
    const empty = await stage.run([
      'policy',
      'check',
      '--rules',
      stage.write('empty.yaml', 'version: 1\nrules: []\n'),
      '-o',
      'json',
    ]);
    expect([empty.exitCode, errorOf(empty).message]).toEqual([3, expect.stringMatching(/empty\.yaml:2: rules has no rule$/)]);
    const none = await stage.run(['policy', 'check', 'db-*', '--rules', rules(team), '-o', 'json']);
    expect([none.exitCode, errorOf(none).code, errorOf(none).message]).toEqual([5, 'NOT_FOUND', 'no image matches db-*']);
    const env = labs('laba', 'labb');
    await stage.ok(['create', 'laba:web', '--property', 'team=web'], { env });
    const some = await stage.ok(['policy', 'check', 'laba:web', 'labb:web', '--rules', rules(team)], { env });
    expect(some.stderr).toContain('warning: labb: no image matches, and none was checked');
    const without = await stage.ok(['policy', 'check', '-p', 'labb', '--rules', rules(team), '-o', 'json'], { env });
    expect([without.json(), without.stderr]).toEqual([[], 'warning: there are no images, and none was checked\n']);
  });

  it('says what is wrong with the rules before anything is asked', async () => {
    const missing = await stage.run(['policy', 'check', '-p', 'dead'], { env: dead });
    expect([missing.exitCode, missing.stderr]).toEqual([2, expect.stringMatching(/^imgctl: --rules is required\n.*scs-0102\n/)]);
    const nowhere = await stage.run(['policy', 'check', '--rules', 'scs-012', '-p', 'dead', '-o', 'json'], { env: dead });
    expect([nowhere.exitCode, errorOf(nowhere).hint]).toEqual([5, 'Did you mean scs-0102?']);
    const odd = await stage.run(['policy', 'check', '--rules', rules('nmae: web'), '-p', 'dead', '-o', 'json'], { env: dead });
    expect([odd.exitCode, errorOf(odd).message, errorOf(odd).hint]).toEqual([
      3,
      expect.stringMatching(/rules\.yaml:5: rules\[0\]\.require\.nmae is no field of an image$/),
      'Did you mean name?',
    ]);
  });

  it('checks by the set that is shipped', async () => {
    const good = {
      os_distro: 'ubuntu',
      os_version: '24.04',
      os_purpose: 'generic',
      architecture: 'x86_64',
      hw_disk_bus: 'virtio',
      hw_rng_model: 'virtio',
      hypervisor_type: 'kvm',
      replace_frequency: 'never',
      provided_until: 'notice',
      uuid_validity: 'last-3',
      image_source: 'https://site.example/x.img',
      image_description: 'https://site.example',
      image_build_date: '2026-11-01',
      image_original_user: 'ubuntu',
    };
    const said = (values: object): string[] =>
      Object.entries(values).flatMap(([key, value]) => ['--property', `${key}=${String(value)}`]);
    const needs = ['--min-disk', '10GiB', '--min-ram', '512MiB'];
    await stage.ok(['create', 'good', ...needs, ...said(good)]);
    expect((await stage.ok(['policy', 'check', '--rules', 'scs-0102', '-o', 'json'])).json()).toEqual([]);
    const odd = {
      os_distro: 'Ubuntu',
      os_version: '',
      os_purpose: 'desktop',
      architecture: 'amd64',
      hw_disk_bus: 'ide',
      hypervisor_type: 'vmware',
      replace_frequency: 'sometimes',
      provided_until: 'forever',
      uuid_validity: 'last-',
      image_source: 'somewhere',
      image_build_date: '2030-01-01',
      hotfix_hours: 'soon',
    };
    for (const [key, value] of Object.entries(odd)) {
      await stage.ok(['create', key, ...needs, ...said({ ...good, [key]: value })]);
      const rows = (await stage.run(['policy', 'check', key, '--rules', 'scs-0102', '-o', 'json'])).json() as {
        rule: string;
        severity: string;
      }[];
      expect(
        rows.filter(({ severity }) => severity === 'error').map(({ rule }) => rule),
        key,
      ).toEqual([`scs-0102/${key}`]);
    }
    await stage.ok([
      'create',
      'small',
      '--min-ram',
      '32MiB',
      ...said({ ...good, replace_frequency: 'monthly', provided_until: '2099-01-01', image_build_date: '2020-01-01' }),
    ]);
    const rows = (await stage.run(['policy', 'check', 'small', '--rules', 'scs-0102', '-o', 'json'])).json() as {
      rule: string;
      severity: string;
    }[];
    expect(rows.map(({ rule, severity }) => [rule, severity])).toEqual([
      ['scs-0102/min_disk', 'error'],
      ['scs-0102/min_ram_low', 'warning'],
      ['scs-0102/replaced_monthly', 'warning'],
    ]);
  });

  it('the example of the help is a file of rules', async () => {
    await stage.queued('web-1', '--property', 'team=web');
    await stage.ok(['policy', 'check', '--rules', stage.write('example.yaml', rulesExample)]);
    expect((await stage.ok(['help', 'policy'])).stdout).toContain(rulesExample.trimEnd());
  });
});

describe.each(overNetwork)('images of %s', (provider, { cloud, wire }) => {
  let running: RunningCloud;
  beforeEach(async () => {
    running = await cloud.start();
  });
  afterEach(() => running.stop());
  const check = (require: string, format: string) =>
    stage.run(['policy', 'check', '-p', 'x', '--rules', rules(require), '-o', format, '--retries', '0'], {
      env: profileVariables('x', provider, running.values),
    });

  it('are checked as they are listed; a list that fails is no clean one', async () => {
    const [id = ''] = await running.seed([{ name: 'web' }]);
    const bad = await check('name: { noneOf: [web] }', 'json');
    expect([bad.exitCode, bad.json()], bad.stderr).toEqual([
      15,
      [
        {
          profile: 'x',
          provider,
          id,
          name: 'web',
          rule: 'team',
          severity: 'error',
          field: 'name',
          found: 'web',
          expected: 'none of web',
        },
      ],
    ]);
    const good = await check('name: web, id: { present: true }', 'json');
    expect([good.exitCode, good.json()], good.stderr).toEqual([0, []]);
    running.fail({ kind: 'answer', status: 503, headers: {}, body: '', times: 99, on: (one) => !wire.isSignIn(one) });
    for (const format of ['json', 'junit', 'sarif']) {
      const failed = await check('name: web', format);
      expect([failed.exitCode, failed.stdout], failed.stderr).toEqual([10, '']);
    }
  });
});

describe('inspect --rules', () => {
  const disk = (): string => stage.write('web.raw', smallDisk());

  it('checks what a file has, and says what it has not', async () => {
    const result = await stage.run(['inspect', disk(), '--rules', rules(`diskFormat: qcow2, ${team}`), '-o', 'json']);
    expect([result.exitCode, result.json()]).toEqual([
      15,
      [{ file: disk(), name: 'web.raw', rule: 'team', severity: 'error', field: 'diskFormat', found: 'raw', expected: 'qcow2' }],
    ]);
    expect(result.stderr).toContain('not checked, since a file has none: properties.team');
    await stage.ok([
      'inspect',
      disk(),
      '--rules',
      rules('diskFormat: raw, name: { like: "*.raw" }, virtualBytes: 1MiB, checksums: sha512'),
    ]);
  });

  it('is not green where no rule is about files', async () => {
    const result = await stage.run(['inspect', disk(), '--rules', 'scs-0102', '-o', 'json']);
    expect([result.exitCode, result.stdout, errorOf(result).message]).toEqual([
      2,
      '',
      'no rule of scs-0102 applies to this file',
    ]);
  });

  it('ends with 11 for what is unsafe, whatever the rules say', async () => {
    const page = stage.write('page.raw', '<!DOCTYPE html><html><body>not here</body></html>');
    for (const require of ['name: page.raw', 'name: other']) {
      const result = await stage.run(['inspect', page, disk(), '--rules', rules(require), '-o', 'junit']);
      expect([result.exitCode, result.stdout.includes('type="PARTIAL"')], result.stderr).toEqual([11, true]);
    }
    expect((await stage.run(['inspect', page, '--rules', rules('name: other')])).exitCode).toBe(11);
  });
});

describe('a format of reports', () => {
  it('is one of what has something to report', async () => {
    for (const format of ['junit', 'sarif']) {
      const list = await stage.run(['list', '-o', format]);
      expect([list.exitCode, list.stdout, list.stderr]).toEqual([
        2,
        '',
        expect.stringContaining(`-o ${format} is not a format of list\n`),
      ]);
      const bare = await stage.run(['inspect', stage.write('web.raw', smallDisk()), '-o', format]);
      expect([bare.exitCode, bare.stderr]).toEqual([2, expect.stringContaining(`-o ${format} requires --rules\n`)]);
      const columns = await stage.run(['policy', 'check', '--rules', 'scs-0102', '-o', format, '-c', 'id']);
      expect([columns.exitCode, columns.stderr]).toEqual([2, expect.stringContaining('cannot be combined')]);
      expect((await stage.run(['list'], { env: { IMGCTL_OUTPUT: format } })).exitCode).toBe(2);
      expect((await stage.run(['list', `--format`, format])).stderr).toContain(`Use -o ${format}`);
    }
    expect((await stage.run(['nonsense', '-o', 'json', '-o', 'junit'])).stderr).toMatch(/^imgctl: /);
  });
});
