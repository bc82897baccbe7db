import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { findingOf, inspect, decompress } from '../../../src/transfer/formats/index.ts';
import { sourceOfBytes } from '../../../src/transfer/formats/byte-reader.ts';
import type { Compression } from '../../../src/core/encoding.ts';
import * as images from '../../support/disk-images.ts';
import { gather, streamOf } from './draining.ts';

/** What the compressed samples below hold. */
const text = Buffer.from(
  Array.from({ length: 400 }, (_, line) => `line ${line} of a text, ${line % 7} to ${line % 13}\n`).join('') + 'z'.repeat(5000),
);
const samples: readonly (readonly [Compression, string])[] = [
  ['xz', '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4D2jBG9dADYaSh8IoCYDTQad7+2MoT/ILGzQxHRszYYjxcOlUUMXOWSmmAl5UNE3sk3kDqyaWVvjpg8999IBTHSI1gDK80ZYuUm4SmZdvcq6eo7J6LB7z5077hOow01qyPHFjaIWGtLlgRECBOkdx2DqFQXa2UqBkbqM1YN62JQsUAeBtY+4M5110DWOTK/xRLXUsJptFjY/pe8+6uaYRXf8zNR/J6Wagm+RyRrmsMeeN96Y6nQ2+wMltwNQqjs4+ULrh3vPFvKzQntixW1E6+jy5lV4XixElTII+lPeo8SAXwx9qdXfVeBoKbDOKaftmA5b7v2FEG/5fLMrTBLUWnq8gb5l+uPIVa9bguwu2m+J15U3GtFhbQzgaSfOQud+D3PkKGGuqO2pkHcRk95fHCdZi/3Nwddze5ljbryU9V8AJrikV+MFlgWFmbxo0XRVOzA9GhrrYRXgeYGiN9avMeFYhbryGWbi+UseefpDP+uNW8vPxiFnsEKEeeVs9GD/2Em+//AFOwUK7rg9ZtD9kTU/XzgpNS4uR518k0Vx4pNf0ssvuJmBEk97qejtgEtjSllCbJPynaIxYxhGWlKoYAheI+6Qnl9Ehg/ZyjV/UA0md039LeG3GsMAvz4P3TaRWM9ckvVDBKvz9YKI2fkaRfxanw5ApJaudJDNYWS/3GK480Ub6N3MsJQXVFYI0bVzust2YVKq4VfDKHabxC3jlmzDYw2/2Vx4OTWOJUEydZ+3lnPKgj9HLfjHUFwsQd9HiM9a8ObHjZ0QDQW0eXhZRDsRSaimY9B2/54pGLWPxHH6jjt4XMF0g7WRl77b+Myyi93eozUB8vlCkaTHmIO87DmvGl6GXysnrHtlhG0nchRQmR6zJjMe9Gykkyd8FXu3GPeMOf0/CAU1skZHGr6ELHXuZY9sN3CVToPtKX/YhkzffWU/XSosKomUqcI/PPnXaG1xK91ec9M5G4QeGztCeR68yJOw0ux1WxGVrNEfx/o2HvPUMhbh1fxIzSnrZ7onbXjYkxUBDqslZ1580AvMmyv26P18doSKFWSFfWp1DU+mLWCeel5QPMj8Ut+YWGzTVlBAmUny8VReZRr3VkvIUghlkxyMCd63e/cJQ39nSW3DWmnA2pc+LSY78YvxBoG/6cbrSt5nOpW1UUdFk1287PRqf0mAQs/VF89Y2LUe4blRnhH9Hnsk/x8+urSSHUQAY6xU+aTXuW8yBtsNqmlGqtkSfGZH5SQ9tQpAEMA88PWpOmWG3UojKbwtSXKmcl+iUEzTu48iOERzPEyWRriGw9xvsfBCoFzVVyReNQczz0j1bNbEnDJ+9uZTNG2FIF2lm1UiMxfVEX+DPlzfTxt+ydPBFCnzkxt7oLePHGnDX82mcEN3NI5o+U1I7RcpvJl+SUXvieRNXYJLEZOB/hBXccLWeZEvViGV19a+eHts8L7xVsGl25tbm74P4WqrIqit5ElxvvWT+fk3rufb4tWx5w1UDfqngHyPoX5cNdrpl2fXvhZ9AAAAABKTNo2hpU99AAGLCaR7AABUW58gscRn+wIAAAAABFla'], // prettier-ignore
  ['zstd', 'KLUv/QRobBAA5uBCFpAnxRzAeiyl1lVVlyYiIkS2PHVnAxBBAD4APQAkMhVZGvLQuJaVqkOVaaXD7cW1itYw3WNLXfq55E79n8dDh/ssrKqIaGZEpO1PgCBCgcGAQsJAgQIkQGBw4KDAIKzNLRhWHIp4NbQSVpVUnFMMSrHYIl7DKBmoRxtFURHR0AhJqdNBMUzdkM3UCE1nlolOPRQzg8hJTS4JkhoJMSVmYx5HPIcheEPRBmINQxqEM5QyzA7BBxZjIHE4Du+EdmXdpAvOFeWIveEnjCsHm2cMmrFYRiLZcEwo1jPLzM58ZsyDfLLJJZM8ssiVl0Pm0Hmd1qtTny69/R59+Ht71pOe8/L9P36IL7a4YoongQGoEUDF6/4dEUsk0Uh6EVAEjDCcjJnsA4PREIz9A/MTYP5/seGX33358cXOXv7o5ZMXO3j5c5ePXeyoy//p8jQX+3L5EZc3XOy95Y9bPm2xw5Y/a/moxU5a/kDL/7PYZJb/ZXmQxfZY/onlExY7YPnzlY9X7HTlD1c+tmJ/rfyUlT9WbFxljPD/VnpfkkXr3Cq/X6V3rQqV+6Xyf1X6VS6Sbg9wRfpEzI8A2W9C3lSkT8T8SIpeG7xNRfpEzI9E7BvIiMW207LzdHesvWlYbA2J4yLwAhN2wiHqoj9JcQUr342aYf8Gnwkk6Y3MZ/RWZie6JrMTexPzid50DOxVXRAAVjNdDsA1B///3e7u3jKx9c8SXQBQAFYA4ChwEDgGLOCCBxMMwHe0Yx3pOMeQY/QYH3kExzOasYxkHKMYa9wYNAYwxhWtWEUqTlGKLV5kERSPGEaMIgYRhyjEEieSCIg3tGENaRgzDBlGhw85BMMTmrCEJBxhcR2sA9RHG1000UMLXXqaNKDjsDlqpnlmmTs/cwbzySaXHCTHyCFy5WXKQL5uvTr16dKjPe7BDvq9fT39vHz/5wf4OB7GixMfLrx8Tg74gS1BbUwrbdtbtqC9a7cu3bkhN3rjywvuscYWS+ywwpadDbIB2DhQAy1QAh1QAS3ooAQFoHeH3VF30D233L2/eYP7bLPLJjvGDrGj9jZtYF9tddVUTy116+Gudq0rXecq116/8gqucdYwa5SVrGMVa61baQXWq1q1qkHVmGpItdWrrILqUY1aVKIOVahRakwNUgH1pjatKU1nKtNOn3IaYBonDZOWlKQjFWmlSykF0mutjWoDgQGoIQiC/FEHyfcSeAUBBIERBMbf/38DhINWBTayH9oe7iP2I/PDvcJ9wn40X7jNNwAwlVzbkfnR9uA+Mb9jI9j4NeeaW2PW3GpWjU/NjZo/jZvmpZk0NpoTzUJj0Pwz84w78zmzN+M185kZM77MWebKGGU+mSVjkTlk/jFmx/zGnDFezBWzxBgxd5gN48IcYXoTEy/IGnY='], // prettier-ignore
  ['bzip2', 'QlpoOTFBWSZTWZk2974ADs5ZoIAQQAR/4CMlhFAAgAAIYAbQD4QDgH2l9k0FUPBQADQMmQVHkNvVUqaoyYRoNVPxN+qqg00AaA0j/VRNoqo0AANU/9SlG9Qo0AAJqiqB6jaQGgX+fntdyqqN/fr8OFVqgA1VUBHpVUNg4qq0AC7uwOCqps9AqqVCgxXLsOii6oB6KqjYOFVqgA1VUBHpVUNg4qq0AGl3dgcFVTZ6BVUhQFcuw6KLqgHoqqNg4VWqADVVQHJJckkcFVTZ6BVUhQFcuw6KLqgPoPb1kaG6o2GlkMLIZUWBmqMhNDNUZCaGaoyWhmqMloZqjJaGFgYWBhe9Upz06dOed5568ePHXy448+PDjz3bOlzsTkTkTk2N4ZltM3KnU7Gcicirs6oRc7E5E5B1wvGnbk6nA6udj1tztBmWRc5E5E5Hp1osiOjtCL9Nk2lsMyyLnInInI9NhvMSuSRWPfW0hybLYZlkXOROR6t0XzMbzJKde+r7Icicmy2GZZFzke0dKTJHZE5FU3yROROROTY3hmWYv99a1rzWvLyZT6d33ve94WABBgygbqgALl2AWHAcAm1oaGDANBFaGhgwDQXdt4WAXQaAgcLAIAsOQGqAIAYMgCACgacLgCACgacLgCABYcGqqgCgaGDAVKAKBoYBr7kk6SdPjwqpRAAAQQAAEEHvvvvuudv8/Tf3353M3P1vOZEG+3mGdybfa815tmtS22y22y2222W21oQQAgAggAAIgBv2zMzjPnPs7j76ScY7yMkTubyPvPPNea9+q/da15q2WJJUwKqBJQSpjBmVGDMqYZJtNauk2jWtbbTQQEAAEBCAAIgBv2zM31nPPXGcdc9+u/V37nrvXvuc3fdXd99UlV320lBKmMGZUYMyphliVDLEqYFVAkoJUxgzU15ruczPs+399vOZEPvuXM++79jf3EnX3mteeTHN5lTDLEqGWJUwKqBJQSpjBmVGDMqYZYlQyxUlT7PN8536++7d3vvO/bvvLv3u3rnfe9d+36pKrXAIIAgCAIFVVc5vnPr7vu/b7d95d3rv3Obvuru/ev2r99UlVrHwIAgCCAXq7v3zzzzt9728+n30OOXmHcybcSdTcn32KkqvdygCCAIAgCSTWZmbzMc+xz6fZJtM3kYkczcnH33eau7sQBAEEAZqqrnG+c3zvfevvde+597vtXd77zur79zne2+9wIAggCAIJJJrm98533t+25zvfcu9e127969Xeu/c1ffvs+ggCAIAgh3bVKdqpTmqU96pTtVKfvYKn3VKeFUp5VSn5VKZVSn3VKfxXj/VS/xdyRThQkJk2974'], // prettier-ignore
];
const noise = images.guestDisk(700_416, 3);
const stored = (content: Buffer): [Compression, Buffer][] => [
  ['gzip', gzipSync(content)],
  ['xz', images.xzStream(content)],
  ['zstd', images.zstdFrame(content)],
];
const whole: [Compression, Buffer, Buffer][] = [
  ...stored(noise).map(([compression, bytes]): [Compression, Buffer, Buffer] => [compression, bytes, noise]),
  ...samples.map(([compression, base64]): [Compression, Buffer, Buffer] => [compression, Buffer.from(base64, 'base64'), text]),
];

const codeOf = async (work: Promise<unknown>) =>
  work.then(
    () => 'fine',
    (error: unknown) => findingOf(error)?.code ?? String(error),
  );

describe.each(whole)('%s (%#)', (compression, bytes, content) => {
  const unpack = (file: Buffer, size?: number) => gather(decompress(compression, streamOf(file, size), Infinity));

  test('gives what was put in, whatever the pieces', async () => {
    for (const size of [bytes.length, 64 << 10, 4093]) expect((await unpack(bytes, size)).equals(content)).toBe(true);
    if (bytes.length < 2000) expect((await unpack(bytes, 1)).equals(content)).toBe(true);
  });

  test('goes on with the next stream', async () => {
    for (const size of [64 << 10, 1000]) {
      const twice = await unpack(Buffer.concat([bytes, bytes]), size);
      expect(twice.length).toBe(2 * content.length);
      expect(twice.subarray(content.length).equals(content)).toBe(true);
    }
  });

  test('refuses what is cut off', async () => {
    for (const length of [bytes.length - 1, bytes.length - 9, bytes.length >> 1, 40])
      expect(await codeOf(unpack(bytes.subarray(0, length)))).toBe('truncated');
  });

  test('refuses what follows behind the end', async () => {
    const junk = Buffer.from('this is no compressed data at all, and it goes on');
    for (const size of [64 << 10, bytes.length])
      expect(await codeOf(unpack(Buffer.concat([bytes, junk]), size))).toMatch(/^(trailing_junk|decompress)$/);
  });

  test('stops at the limit', async () => {
    const limited = (limit: number) => gather(decompress(compression, streamOf(bytes), limit));
    expect((await limited(content.length)).length).toBe(content.length);
    await expect(limited(content.length - 1)).rejects.toMatchObject({ code: 'LIMIT' });
  });

  test('throws what its source throws, and lets go of a source nobody wants any more', async () => {
    let closed = 0;
    async function* source(fails: boolean) {
      try {
        yield bytes.subarray(0, 30);
        await Promise.resolve();
        if (fails) throw new Error('the connection broke');
        yield bytes.subarray(30);
      } finally {
        closed += 1;
      }
    }
    await expect(gather(decompress(compression, source(true), Infinity))).rejects.toThrow('the connection broke');
    for await (const piece of decompress(compression, source(false), Infinity)) if (piece.length > 0) break;
    await expect.poll(() => closed).toBe(2);
  });

  test('is recognised, and looked into', async () => {
    const inspection = await inspect(sourceOfBytes(bytes));
    expect(inspection).toMatchObject({
      compression,
      format: 'raw',
      fileBytes: bytes.length,
      virtualBytes: content.length,
      findings: content === text ? [{ code: 'text' }] : [],
    });
  });
});

describe('checksums', () => {
  test.each(whole.filter(([compression]) => compression !== 'zstd'))(
    '%s (%#): a changed bit does not pass',
    async (compression, bytes) => {
      const changed = Buffer.from(bytes);
      const at = bytes.length >> 1;
      changed[at] = (changed[at] ?? 0) ^ 4;
      expect(await codeOf(gather(decompress(compression, streamOf(changed), Infinity)))).toMatch(
        /^(checksum|decompress|truncated|trailing_junk)$/,
      );
    },
  );

  test('gzip: zeros may fill up the end, and nothing else', async () => {
    const bytes = gzipSync(text);
    const codes = await Promise.all(
      [Buffer.alloc(100_000), Buffer.concat([Buffer.alloc(100_000), Buffer.from('x')])].map((tail) =>
        codeOf(gather(decompress('gzip', streamOf(Buffer.concat([bytes, tail])), Infinity))),
      ),
    );
    expect(codes).toEqual(['fine', 'trailing_junk']);
  });
});

describe('wrappers in wrappers', () => {
  test('are refused', async () => {
    const codes = async (file: Buffer) => (await inspect(sourceOfBytes(file))).findings.map((finding) => finding.code);
    expect(await codes(gzipSync(gzipSync(noise)))).toEqual(['nested_wrapper']);
    expect(await codes(images.tarImage(gzipSync(noise)))).toEqual(['nested_wrapper']);
    expect(await codes(images.tarImage(images.tarImage(noise)))).toEqual(['nested_wrapper']);
    expect(await codes(gzipSync(images.tarImage(noise)))).toEqual([]);
  });
});
