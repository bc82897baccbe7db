import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createSink, PipeClosed } from '../../src/ui/io.ts';

describe('a sink', () => {
  it('waits until the text has been taken', async () => {
    let release: () => void = () => {};
    const slow = new Writable({ write: (_chunk, _encoding, done) => void (release = done) });
    const sink = createSink(slow);
    let taken = false;
    const writing = sink.write('x').then(() => (taken = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(taken).toBe(false);
    release();
    await writing;
  });

  it('hands the text on at once', () => {
    const stream = new PassThrough();
    void createSink(stream).write('now');
    expect(String(stream.read())).toBe('now');
  });

  it('throws PipeClosed when the reader has gone', async () => {
    const child = spawn('true', { stdio: ['pipe', 'ignore', 'ignore'] });
    await once(child, 'exit');
    const sink = createSink(child.stdin);
    const writing = async (): Promise<void> => {
      for (let at = 0; at < 100; at += 1) await sink.write('x'.repeat(1000));
    };
    await expect(writing()).rejects.toBeInstanceOf(PipeClosed);
    await expect(sink.write('more')).rejects.toBeInstanceOf(PipeClosed);
  });

  it.skipIf(!existsSync('/dev/full'))('throws LOCAL when the disk is full (skipped without /dev/full)', async () => {
    const sink = createSink(createWriteStream('/dev/full'));
    await expect(sink.write('x')).rejects.toMatchObject({
      code: 'LOCAL',
      message: 'cannot write to standard output: no space left on device',
    });
  });
});

it('packages that are dear to load are loaded only when they are needed', () => {
  const folder = new URL('../../src/ui/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(10);
  for (const file of files)
    expect(readFileSync(new URL(file, folder), 'utf8'), file).not.toMatch(
      /^import (?!type).*(chalk|ora|cli-table3|string-width|host\/yaml)/m,
    );
});
