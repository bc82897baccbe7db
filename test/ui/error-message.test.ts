import { describe, expect, it } from 'vitest';
import {
  abortedError,
  authError,
  exitCodes,
  ImgctlError,
  notFoundError,
  providerError,
  type Code,
} from '../../src/core/errors.ts';
import { printError, type ErrorOptions } from '../../src/ui/error-message.ts';
import { PipeClosed } from '../../src/ui/io.ts';
import { fakeIo } from '../support/fake-io.ts';

async function shown(error: unknown, options: Partial<ErrorOptions> = {}): Promise<{ err: string; out: string; code: number }> {
  const io = fakeIo();
  const code = await printError(error, { json: false, debug: false, ...options }, io);
  return { err: io.err, out: io.out, code };
}

const whole = notFoundError('image "ubunut" is not there', {
  hint: 'Did you mean ubuntu?\nimgctl list shows them all',
  profile: 'lab',
  provider: 'acme',
  status: 404,
  requestId: 'req-1',
  leftover: 'img-9',
  cause: new Error('socket says no'),
});

describe('a failure as text', () => {
  it('is the message, the hint on its own lines, what is left over, the request id', async () => {
    expect(await shown(whole)).toEqual({
      err: 'imgctl: image "ubunut" is not there\nDid you mean ubuntu?\nimgctl list shows them all\nleft behind: img-9\nDelete it with: imgctl delete lab:img-9\nrequest id: req-1\n',
      out: '',
      code: 5,
    });
    expect((await shown(abortedError('stopped'))).err).toBe('imgctl: stopped\n');
  });

  it('gives the exit code of its kind', async () => {
    for (const [kind, code] of Object.entries(exitCodes))
      expect((await shown(new ImgctlError(kind as Code, 'x'))).code).toBe(code);
  });

  it('shows hostile words escaped', async () => {
    const { err } = await shown(providerError('sorry\u001b[2J\nimgctl: all is well', { hint: 'a\u202eb', requestId: '\u009b' }));
    expect(err).toBe('imgctl: sorry\\u001b[2J\\nimgctl: all is well\na\\u202eb\nrequest id: \\u009b\n');
  });

  it('tells causes and stack only with debug', async () => {
    expect((await shown(whole)).err).not.toMatch(/socket says no|\n +at /);
    const { err } = await shown(whole, { debug: true });
    expect(err).toContain('\ncaused by Error: socket says no\n');
    expect(err).toMatch(/\n +at .*error-message\.test\.ts/);
  });

  it('survives an error that is its own cause', async () => {
    const error = new Error('round');
    error.cause = error;
    expect((await shown(authError('no', { cause: error }), { debug: true })).err.match(/caused by/g)).toHaveLength(1);
  });

  it('calls what nobody foresaw a bug, and asks for a report', async () => {
    const { err, code } = await shown(new TypeError("cannot read 'x'"));
    expect(code).toBe(1);
    expect(err).toBe(
      "imgctl: internal error: TypeError: cannot read 'x'\nReport this bug with the command you typed and the output of --debug.\n",
    );
    expect((await shown('text')).code).toBe(1);
  });

  it('says nothing of a closed pipe', async () => {
    expect(await shown(new PipeClosed('gone'))).toEqual({ err: '', out: '', code: 0 });
  });

  it('shows several one by one, each with its profile', async () => {
    const several = new AggregateError([
      authError('401 from the cloud', { profile: 'prod', hint: 'imgctl profile check prod' }),
      whole,
    ]);
    const { err, code } = await shown(several);
    expect(code).toBe(12);
    expect(err).toMatch(
      /^imgctl: prod: 401 from the cloud\nimgctl profile check prod\nimgctl: lab: image "ubunut" is not there\n/,
    );
  });
});

describe('a failure as JSON', () => {
  it('is one object on one line', async () => {
    const { err } = await shown(whole, { json: true });
    expect(err.indexOf('\n')).toBe(err.length - 1);
    expect(JSON.parse(err)).toEqual({
      error: {
        code: 'NOT_FOUND',
        message: 'image "ubunut" is not there',
        hint: 'Did you mean ubuntu?\nimgctl list shows them all',
        profile: 'lab',
        provider: 'acme',
        status: 404,
        requestId: 'req-1',
        leftover: 'img-9',
        exitCode: 5,
      },
    });
  });

  it('leaves out what is not known, and takes profile and provider from the caller', async () => {
    const { err } = await shown(abortedError('stopped'), { json: true, profile: 'p', provider: 'q' });
    expect(err).toBe('{"error":{"code":"ABORTED","message":"stopped","profile":"p","provider":"q","exitCode":130}}\n');
    expect((await shown(whole, { json: true, profile: 'other' })).err).toContain('"profile":"lab"');
  });

  it('is one line for each of several', async () => {
    const { err } = await shown(new AggregateError([whole, new Error('bug')]), { json: true });
    expect(
      err
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { error: { code: string } }).error.code),
    ).toEqual(['NOT_FOUND', 'INTERNAL']);
  });
});
