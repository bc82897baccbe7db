import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startLinode, type RunningLinode } from '../clouds/linode/index.ts';
import { entityOf } from '../clouds/linode/state.ts';
import { killedBehind } from '../support/killed-run.ts';
import { listenFor } from '../support/fake-io.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
let cloud: RunningLinode;
beforeEach(async () => {
  cloud = await startLinode();
});
afterEach(() => cloud.stop());

const imgctl = (...args: readonly string[]): ReturnType<typeof stage.run> =>
  stage.run([...args, '-o', 'json'], { env: profileVariables('lin', 'linode', cloud.values) });
/** Waits for an image, and does something once it was seen to be pending. */
async function meanwhile(id: string, work: () => void): ReturnType<typeof stage.run> {
  const { hears, heard } = listenFor(/pending/);
  const line = ['wait', `lin:${id}`, '--poll-interval', '20ms', '--progress', 'json', '-o', 'json'];
  const waiting = stage.run(line, { env: profileVariables('lin', 'linode', cloud.values), hears });
  await heard;
  work();
  return waiting;
}
const quick = ['--poll-interval', '10ms', '--wait-timeout', '400ms'];

/** An image whose data another run has sent, and what Linode's events say of it. */
function sent(status: 'started' | 'failed', message = ''): string {
  const image = cloud.account.addImage({ label: 'web' });
  image.status = 'pending_upload';
  Object.assign(cloud.account.addEvent('image_upload', entityOf(image)), { status, message, percent_complete: 0 });
  return image.id;
}

describe('an image that another run has begun', () => {
  it('and that failed is said to have failed, with the provider’s reason, by wait and by show', async () => {
    const id = sent('failed', 'Failed to decompress image');
    const waited = await imgctl('wait', `lin:${id}`, ...quick);
    expect([waited.exitCode, errorOf(waited).message]).toEqual([10, expect.stringContaining('Failed to decompress image')]);
    expect((await imgctl('show', `lin:${id}`)).json()).toMatchObject({
      status: 'failed',
      providerStatus: 'pending_upload',
      progress: { message: 'Failed to decompress image' },
    });
  });

  it('by imaging a disk is judged by the events of the disk', async () => {
    const image = cloud.account.addImage({ label: 'cap' });
    image.status = 'creating';
    const event = cloud.account.addEvent('disk_imagize', { label: 'vm', id: 7, type: 'linode', url: '/' }, entityOf(image));
    Object.assign(event, { status: 'failed', message: 'The disk is mounted' });
    const waited = await imgctl('wait', `lin:${image.id}`, ...quick);
    expect([waited.exitCode, errorOf(waited).message]).toEqual([10, expect.stringContaining('The disk is mounted')]);
  });

  it('and that vanished is not found, with the reason that is left of it', async () => {
    const id = sent('failed', 'Failed to decompress image');
    cloud.account.images.delete(id);
    for (const verb of ['show', 'wait']) {
      const gone = await imgctl(verb, `lin:${id}`);
      expect([gone.exitCode, errorOf(gone).hint], verb).toEqual([
        5,
        expect.stringContaining('Creating it failed: Failed to decompress image'),
      ]);
    }
  });

  it('and that vanishes while it is waited for is a failure of the provider’s, with the reason', async () => {
    const id = sent('started');
    const { exitCode } = await meanwhile(id, () => {
      const event = cloud.account.events[0];
      if (event) Object.assign(event, { status: 'failed', message: 'No space' });
      cloud.account.images.delete(id);
    });
    expect(exitCode).toBe(10);
  });

  it('and that arrives ends the wait, and has no progress left', async () => {
    const id = sent('started');
    const image = cloud.account.images.get(id);
    const waited = await meanwhile(id, () => image && cloud.account.finish(image, 1, ['us-ord']));
    expect(waited.json()).toMatchObject({ status: 'active' });
    expect(waited.json()).not.toHaveProperty('progress');
  });
});

describe('an image whose upload was killed', () => {
  it('is not waited for; where it cannot be filled, how to undo it is told', async () => {
    const file = stage.write('disk.raw', smallDisk());
    await imgctl('upload', file, '--name', 'lin:web', '--region', 'us-ord', '--poll-interval', '10ms');
    const id = killedBehind(stage.file(''), 'created');
    const [image] = [...cloud.account.images.values()];
    Object.assign(image ?? {}, { status: 'pending_upload' });
    cloud.account.events.length = 0;
    const waited = await imgctl('wait', `lin:${image?.id ?? ''}`, '--wait-timeout', '1h');
    expect([waited.exitCode, errorOf(waited)]).toMatchObject([
      6,
      {
        message: expect.stringContaining(`run ${id}, which was to fill it, was interrupted`),
        hint: `Undo it with: imgctl ops undo ${id}`,
      },
    ]);
  });
});

describe('a wait that times out', () => {
  it('names the provider’s own state, and how to keep waiting in this profile', async () => {
    const id = sent('started');
    const late = await imgctl('wait', `lin:${id}`, ...quick);
    expect([late.exitCode, errorOf(late).message]).toEqual([
      13,
      `timed out after 400 ms: ${id} is still pending (pending_upload)`,
    ]);
    expect(errorOf(late).hint).toBe(`Keep waiting with: imgctl wait lin:${id} --for active`);
  });

  it('says what is missing where nothing is under way', async () => {
    const queued = cloud.account.addImage({ label: 'empty' });
    queued.status = 'pending_upload';
    const late = await imgctl('wait', `lin:${queued.id}`, ...quick);
    expect(errorOf(late).message).toContain('still queued (pending_upload)');
    expect(errorOf(late).hint).toContain('No data was sent yet.\n');
    const [id = ''] = await cloud.seed([{ name: 'web' }]);
    const copy = await imgctl('wait', `lin:${id}`, '--for', 'replicated=us-iad', ...quick);
    expect([copy.exitCode, errorOf(copy).hint]).toEqual([
      13,
      expect.stringContaining('us-iad: not there, and nothing is under way'),
    ]);
  });

  it('says how a record is filled where that can be done', async () => {
    const id = await stage.queued('empty');
    const late = await imgctl('wait', `local:${id}`, ...quick);
    expect(errorOf(late).hint).toContain(`Fill it with: imgctl upload FILE --into local:${id}`);
  });

  it('shows state, time and limit while it waits', async () => {
    const id = sent('started');
    const waiting = await imgctl('wait', `lin:${id}`, ...quick, '--progress', 'json');
    expect(waiting.stderr).toMatch(/pending \(pending_upload\), 0 s of 400 ms/);
  });
});
