import { describe, expect, it } from 'vitest';
import { makeCall, type Call } from '../../../src/core/call.ts';
import { abortedError, ImgctlError, providerError } from '../../../src/core/errors.ts';
import type { ApiAnswer, Http } from '../../../src/core/http.ts';
import { dryHttp, firstChange } from '../../../src/engine/account/preview.ts';

const newCall = (signal = new AbortController().signal): Call => makeCall({ signal, retries: 3, limits: {}, note: () => {} });

/** An Http that answers everything, and says what it was sent. */
function answering() {
  const sent: string[] = [];
  const answer = { status: 200, headers: {}, url: '', text: '{}', json: () => ({}) } satisfies ApiAnswer;
  const http: Http = {
    request: async ({ method, url }) => {
      sent.push(`${method} ${String(url)}`);
      return answer;
    },
    send: async ({ method, url }) => {
      sent.push(`${method} ${String(url)}`);
      return answer;
    },
    receive: () => Promise.reject(providerError('nothing to receive')),
  };
  return { sent, http: dryHttp(http) };
}

const remove = { method: 'DELETE', url: 'https://cloud.example/images/1' } as const;

describe('the preview of a verb', () => {
  it('is its first request that would change something; what only reads is sent', async () => {
    const { sent, http } = answering();
    const seen = await firstChange(async (call) => {
      await http.request({ method: 'GET', url: 'https://cloud.example/images/1' }, call);
      await http.request({ method: 'POST', url: 'https://cloud.example/token', harmless: true }, call);
      await http.request({ method: 'PATCH', url: 'https://cloud.example/images/1', json: { name: 'web' } }, call);
      await http.request(remove, call);
    }, newCall());
    expect(seen).toEqual({ method: 'PATCH', url: 'https://cloud.example/images/1', body: { name: 'web' } });
    expect(sent).toEqual(['GET https://cloud.example/images/1', 'POST https://cloud.example/token']);
  });

  it('of an upload is the request that would carry the bytes; an address that is a secret is masked', async () => {
    const { sent, http } = answering();
    const bytes = (async function* () {})();
    const request = { method: 'PUT', url: 'https://cloud.example/up?sig=1', secretUrl: true, bytes } as const;
    expect(await firstChange((call) => http.send(request, call), newCall())).toEqual({ method: 'PUT', url: '[secret]' });
    expect(sent).toEqual([]);
  });

  it('is absent where the verb ends without one', async () => {
    expect(await firstChange(async () => undefined, newCall())).toBeUndefined();
  });

  it('fails as the verb does before it', async () => {
    await expect(firstChange(() => Promise.reject(providerError('no')), newCall())).rejects.toMatchObject({ code: 'PROVIDER' });
  });

  it('sends nothing of what a verb does that undoes its work, whatever it catches', async () => {
    const { sent, http } = answering();
    let undone = false;
    const work = async (call: Call): Promise<void> => {
      try {
        await http.request({ method: 'POST', url: 'https://cloud.example/images' }, call);
      } catch (error) {
        expect(error).toMatchObject({ code: abortedError('').code });
        const other = { ...call, signal: AbortSignal.timeout(30_000) };
        await http.request(remove, other).catch(() => undefined);
        undone = true;
      }
    };
    expect(await firstChange(work, newCall())).toMatchObject({ method: 'POST' });
    await expect.poll(() => undone).toBe(true);
    expect(sent).toEqual([]);
  });

  it('keeps verbs that are looked at side by side apart', async () => {
    const { http } = answering();
    const one = (id: number) =>
      firstChange(async (call) => {
        await new Promise((resolve) => setTimeout(resolve, id % 3));
        await http.request({ method: 'DELETE', url: `https://cloud.example/images/${id}` }, call);
      }, newCall());
    const seen = await Promise.all([1, 2, 3, 4, 5].map(one));
    expect(seen.map((sent) => sent?.url)).toEqual([1, 2, 3, 4, 5].map((id) => `https://cloud.example/images/${id}`));
  });

  it('ends when the run is stopped', async () => {
    const stopping = new AbortController();
    const waiting = firstChange(
      (call) => new Promise((_resolve, reject) => call.signal.addEventListener('abort', () => reject(abortedError('stopped')))),
      newCall(stopping.signal),
    );
    stopping.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('a dry run', () => {
  it('never sends a request that changes something which nobody previews: that is a bug', async () => {
    const { sent, http } = answering();
    const failure = await http.request(remove, newCall()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ImgctlError);
    expect(failure).toMatchObject({ code: 'INTERNAL' });
    expect(sent).toEqual([]);
  });
});
