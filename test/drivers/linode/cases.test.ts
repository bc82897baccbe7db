import { truncate, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Image } from '../../../src/core/image.ts';
import linode from '../../../src/drivers/linode/index.ts';
import { cases, lin, lookUp, nobody, token, tried } from '../../clouds/linode/case-stage.ts';
import { hasRecordings, without } from '../../clouds/linode/recorded.ts';
import type { Step } from '../../clouds/linode/replay.ts';
import { testCall } from '../../conformance/stage.ts';
import { openSession } from '../../support/open-session.ts';
import type { CliResult } from '../../support/run-cli.ts';

const mib = 1024 * 1024;
const emptyGzip = Buffer.from('1f8b0808bd5c91600003746573742e696d670003000000000000000000', 'hex');

const placesOf = (result: CliResult): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries((result.json() as Image).places.map((place) => [place.name, place.providerStatus]));

describe(`the open cases of Linode${without}`, () => {
  lin('01', async ({ imgctl }) => {
    const result = await imgctl('list', '--all', '-o', 'json');
    const images = result.json() as readonly Image[];
    const [ours, theirs] = [
      images.filter((image) => image.visibility !== 'public'),
      images.filter((image) => image.visibility === 'public'),
    ];
    expect([result.exitCode, images.length, ours.length, theirs.length]).toEqual([0, 47, 13, 34]);
    expect(ours.filter((image) => image.providerStatus === 'creating')).toHaveLength(1);
    for (const image of theirs) expect(image.places).toEqual([]);
    expect(result.stdout).not.toMatch(/NaN|undefined|null/);
  });

  lin('02', async ({ imgctl }) => {
    const result = await imgctl('list', '--visibility', 'private', '-o', 'jsonl');
    expect([result.exitCode, result.stdout.trim().split('\n').length]).toEqual([0, 13]);
  });

  lin('03', async ({ imgctl }) => {
    const result = await imgctl('list', '--all', '--name', 'not-found', '-o', 'json');
    expect([result.exitCode, result.json()]).toEqual([0, []]);
  });

  lin('04', async ({ imgctl, serve, steps: [refused] }) => {
    await serve([]);
    expect(await imgctl('list', '--filter', 'foo=bar')).toMatchObject({ exitCode: 2, stdout: '' });
    await serve(refused ? [{ ...refused, headers: {} }] : []);
    const result = await imgctl('list', '--filter', 'label=x');
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toContain('X-Filter: Cannot filter on foo');
  });

  lin('05', async ({ imgctl }) => {
    const result = await imgctl('show', 'linode/ubuntu22.04', '-o', 'json');
    const wanted = { id: 'linode/ubuntu22.04', name: 'Ubuntu 22.04 LTS', status: 'active', sizeBytes: 3500 * mib, places: [] };
    expect(result.json()).toMatchObject(wanted);
    expect(result.exitCode).toBe(0);
  });

  lin('06', async ({ imgctl, serve, steps }) => {
    const closest: Step = { method: 'GET', path: '/v4/images?page=1&page_size=500', answer: nobody };
    const before = [lookUp('does-not-exist'), lookUp('does-not-exist'), lookUp('does-not-exist', 'public')];
    await serve([...before, ...steps, lookUp('does-not-exist', 'all'), closest]);
    const result = await imgctl('show', 'does-not-exist');
    expect(result.exitCode).toBe(5);
    expect(result.stderr).toContain('does-not-exist');
  });

  // The recorded upload is the gzip of nothing: imgctl warns, and sends it.
  const uploading = ['--region', 'us-ord', '--name', 'linodego-image-test', '--description', 'An image that does stuff.'];

  lin('08', async ({ imgctl, serve, steps, home }) => {
    const file = `${home.folder}/disk.img.gz`;
    await writeFile(file, emptyGzip);
    const events: Step = { method: 'GET', path: '/v4/account/events', answer: { status: 200, body: nobody.body } };
    const [post, put, first, second, last] = steps;
    if (!post || !put || !first || !second || !last) throw new Error('the case has other steps');
    const server = await serve([lookUp('linodego-image-test'), post, put, first, events, second, events, last]);
    const result = await imgctl('upload', file, ...uploading, '--wait', '--poll-interval', '10ms', '-o', 'json');
    expect(result.json()).toMatchObject({ id: 'private/26427534', status: 'active', sizeBytes: mib });
    expect(result.exitCode).toBe(0);
    const sent = server.requests().find(({ method }) => method === 'PUT');
    expect(sent?.path).toContain('Signature=Q%2FZG9cXoT7rO4Naerg53RQc3%2BgA%3D&');
    expect(sent?.headers['content-length']).toBe(String(sent?.bodyBytes));
    expect(JSON.stringify(sent)).not.toContain(token);
  });

  lin('10', async ({ imgctl, serve, steps, home }) => {
    const file = `${home.folder}/disk.img.gz`;
    await writeFile(file, emptyGzip);
    const stays: Step = { method: 'DELETE', path: '/v4/images/private%2F26427534', answer: { status: 403, body: '' } };
    await serve([lookUp('linodego-image-test'), ...steps, stays]);
    const result = await imgctl('upload', file, ...uploading);
    expect(result.exitCode).toBe(4);
    for (const part of ['HTTP 403', 'SignatureDoesNotMatch', 'private/26427534', 'pending_upload', '24 h'])
      expect(result.stderr).toContain(part);
  });

  lin('12', async ({ imgctl, home }) => {
    const file = `${home.folder}/large.img.gz`;
    await writeFile(file, gzipSync(Buffer.alloc(mib, 7)));
    await truncate(file, 5 * 1024 ** 3 + 1);
    const result = await imgctl('upload', file, '--region', 'us-ord', '--name', 'x');
    expect(result.exitCode).toBe(8);
    for (const part of ['5.0 GiB', '5368709121', '5368709120']) expect(result.stderr).toContain(part);
  });

  lin('13', async ({ serve, imgctl, home }) => {
    await serve([]);
    for (const magic of ['514649fb00000003', 'fd377a585a00', '425a6839314159265359', '28b52ffd']) {
      const file = `${home.folder}/${magic}.img`;
      await writeFile(file, Buffer.concat([Buffer.from(magic, 'hex'), Buffer.alloc(4096, 0xa5)]));
      const result = await imgctl('upload', file, '--region', 'us-ord', '--name', 'x');
      expect(result.exitCode, result.stderr).toBeGreaterThan(0);
    }
  });

  const image = 'private/27384383';

  lin('15', async ({ imgctl }) => {
    const result = await imgctl('replicate', image, '--to', 'us-iad', '--no-wait', '-o', 'json');
    expect([result.exitCode, placesOf(result)]).toEqual([0, { 'us-ord': 'available', 'us-iad': 'pending replication' }]);
  });

  lin('16', async ({ imgctl, serve, steps: [look] }) => {
    if (!look) throw new Error('the case has no steps');
    const set: Step = {
      method: 'POST',
      path: '/v4/images/private%2F27384383/regions',
      json: { regions: ['us-iad'] },
      answer: look.answer,
    };
    await serve([look]);
    const refused = await imgctl('replicate', image, '--exactly', 'us-iad');
    expect([refused.exitCode, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toContain('us-ord');
    await serve([look, look, set]);
    expect((await imgctl('replicate', image, '--exactly', 'us-iad', '--yes', '--no-wait')).exitCode).toBe(0);
  });

  lin('17', async ({ imgctl, serve }) => {
    await serve([]);
    const result = await imgctl('replicate', image, '--exactly', '');
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain('imgctl delete');
  });

  lin('19', async ({ imgctl }) => {
    const result = await imgctl(
      'replicate',
      image,
      '--to',
      'us-iad,us-sea',
      '--remove',
      'us-ord',
      '--wait',
      '--poll-interval',
      '10ms',
      '--yes',
    );
    expect(result.exitCode).toBe(10);
    expect(result.stderr).toMatch(/us-sea: timedout/);
  });

  lin('20', async ({ imgctl, serve, steps }) => {
    const server = await serve(steps);
    expect((await imgctl('delete', 'private/26427534', '--yes')).exitCode).toBe(0);
    expect(server.requests()[0]?.bodyBytes).toBe(0);
  });

  lin('21', async ({ imgctl }) => {
    const result = await imgctl('delete', 'linode/ubuntu22.04', '--yes');
    expect(result.exitCode).toBe(7);
    expect(result.stderr).toContain('public images belong to Linode');
  });

  lin('23', async ({ imgctl }) => {
    const result = await imgctl('list');
    expect([result.exitCode, result.stdout]).toEqual([4, '']);
    expect(result.stderr).toContain('Invalid Token');
    expect(result.stderr).toContain('LINODE_TOKEN');
  });

  lin('24', async ({ imgctl }) => {
    const began = performance.now();
    const result = await imgctl('list', '--all', '-o', 'id');
    expect(performance.now() - began).toBeGreaterThanOrEqual(2000);
    expect([result.exitCode, result.stdout.trim().split('\n').length]).toEqual([0, 47]);
    expect(result.stderr).toContain('429');
  });

  lin('25', async ({ imgctl, serve, steps }) => {
    await serve([...steps, lookUp('linodego-test-cloud-init')]);
    const said = ['--set', 'cloudInit=true', '--tag', 'test1', '--tag', 'test2', '--no-wait', '-o', 'json'];
    const result = await imgctl('create', 'linodego-test-cloud-init', '--from-disk', '183299550', ...said);
    expect(result.json()).toMatchObject({ id: 'private/38637317', status: 'pending', providerStatus: 'creating' });
    expect(result.exitCode).toBe(0);
  });

  lin('27', async ({ imgctl, serve, steps }) => {
    await serve([...steps, lookUp('new-label')]);
    expect((await imgctl('patch', 'private/123', '--name', 'new-label')).exitCode).toBe(0);
  });

  lin('29', async ({ imgctl }) => {
    const result = await imgctl('deactivate', 'private/123');
    expect(result.exitCode).toBe(7);
    expect(result.stderr).toContain('linode does not offer deactivate');
  });

  lin('30', async ({ imgctl, serve, steps: [step] }) => {
    const server = await serve(step ? [{ ...step, headers: {}, never: ['authorization'] }] : []);
    const places = (await imgctl('places', '-o', 'json')).json() as readonly { name: string; usable: string }[];
    const named = (usable: string): readonly string[] =>
      places.filter((place) => place.usable === usable).map(({ name }) => name);
    expect([places.length, named('no').length]).toEqual([34, 17]);
    expect([...named('doubtful')].sort()).toEqual(['gb-lon', 'jp-tyo-3', 'no-osl-1', 'sg-sin-2']);
    expect(named('no')).toContain('au-mel');
    expect(server.requests()).toHaveLength(1);
  });

  lin('32', async ({ imgctl, serve, steps }) => {
    await serve([...steps, ...steps, ...steps]);
    const result = await imgctl('show', 'private/1', '--retries', '2');
    expect(result.exitCode).toBe(10);
    expect(result.stderr).toContain('502 Bad Gateway');
    expect(result.stderr).not.toMatch(/JSON|Unexpected token/);
  });

  lin('34', async ({ serve, steps }) => {
    const creating: Step = { method: 'GET', answer: { status: 200, body: '{"id":"private/33812167","status":"creating"}' } };
    const server = await serve(steps.flatMap((step) => [creating, step]));
    const { session } = openSession(linode, { token, endpoint: server.origin });
    const job = { verb: 'create', image: 'private/33812167', since: '2018-01-02T03:04:05Z' } as const;
    const percents: unknown[] = [];
    for (const _ of steps) percents.push((await session.look(job, testCall())).percent);
    expect(percents).toEqual([83, 87, 90, 90, 90, 90, 90, 100]);
    expect(server.complaints()).toEqual([]);
  });

  it.skipIf(!hasRecordings)('are all here', () => {
    expect([...tried].sort()).toEqual([...cases.keys()].sort());
  });
});
