import { describe, expect, it } from 'vitest';
import { publishedPath } from '../../../src/drivers/_published/path.ts';

describe('the path of a published file', () => {
  it.each([
    ['server/disk.img', 'server/disk.img'],
    ['images/20261120_05:24/disk.qcow2', 'images/20261120_05:24/disk.qcow2'],
    ['a b+c', 'a%20b%2Bc'],
    ['a%20b', 'a%20b'],
  ])('%s is asked for as %s', (path, asked) => {
    expect(publishedPath(path)).toBe(asked);
  });

  it.each([
    '',
    '/a',
    'a//b',
    '../a',
    'a/..',
    'a/...',
    '%2e%2e/a',
    'a%2f..%2fb',
    'a\\b',
    'http:a',
    'images:x/disk.img',
    'a\n',
    '%00',
    'a?b',
    'a%3fb',
    'a#b',
  ])('%j leads nowhere', (path) => {
    expect(publishedPath(path)).toBeUndefined();
  });
});
