import { describe, expect, it } from 'vitest';
import { checkPrintedImages } from '../support/image-schema.ts';
import { commandStage } from './stage.ts';

const stage = commandStage();

describe('every image that a command of the tests prints as JSON is held against the schema', () => {
  it('and so are these', async () => {
    await stage.image('a', '--tag', 't');
    await stage.queued('b', '--property', 'os=x');
    const checked = async (...args: readonly string[]): Promise<number> =>
      checkPrintedImages(args, {}, (await stage.ok(args)).stdout);
    expect(await checked('list', '-o', 'json', '--raw')).toBe(2);
    expect(await checked('-ojsonl', 'list')).toBe(2);
    expect(await checked('show', 'a', 'b', '--json')).toBe(2);
    expect(await checked('list', '--group-by', 'name', '-o', 'json')).toBe(2);
    expect(await checked('patch', 'a', '--name', 'c', '-o', 'json')).toBe(1);
    expect(await checked('deactivate', 'c', 'b', '-o', 'json').catch(() => 0)).toBe(0);
    expect(await checked('profile', 'list', '-o', 'json')).toBe(0);
  });

  it('and one that does not fit fails its test', () => {
    const good = {
      profile: 'p',
      provider: 'q',
      id: 'i',
      name: 'n',
      status: 'active',
      providerStatus: 'x',
      tags: [],
      properties: {},
      places: [],
    };
    const check = (image: object, args: readonly string[] = ['list', '-o', 'json']): number =>
      checkPrintedImages(args, {}, JSON.stringify([image]));
    expect(check(good)).toBe(1);
    expect(() => check({ ...good, size: 1 })).toThrow('schema');
    expect(() => check({ ...good, providerStatus: undefined })).toThrow('schema');
    expect(() => check({ ...good, createdAt: 'yesterday' }, ['ls', '-o', 'json'])).toThrow('schema');
    expect(() => checkPrintedImages(['list', '--json'], {}, '[] []')).toThrow();
  });
});
