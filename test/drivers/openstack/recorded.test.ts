import { isObject, type JsonObject } from '../../../src/core/json.ts';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { imageFrom } from '../../../src/core/image.ts';
import { recordFrom } from '../../../src/drivers/openstack/record.ts';
import { errorText } from '../../../src/drivers/openstack/errors.ts';
import { startOpenstack } from '../../clouds/openstack/index.ts';
import { newImage } from '../../clouds/openstack/store.ts';
import { wellFormed } from '../../conformance/well-formed.ts';

const folder = fileURLToPath(new URL('../../../../shared/facts/openstack/transcripts/', import.meta.url));
const there = existsSync(folder);

interface Exchange {
  readonly title: string;
  readonly status: number;
  readonly body: string;
}

/** Exchanges of a real Glance and Keystone: a title, the request, and behind an arrow the answer. */
function exchanges(): readonly Exchange[] {
  const files = there ? readdirSync(folder).filter((name) => name.endsWith('.http')) : [];
  return files.flatMap((file) =>
    readFileSync(folder + file, 'latin1')
      .split(/^### /m)
      .slice(1)
      .flatMap((text) => {
        const [title = ''] = text.split('\n', 1);
        const [, status = '', body = ''] = /^--> HTTP\/1\.1 (\d+)[^\n]*\n(?:[^\n]+\n)*\n?([\s\S]*)$/m.exec(text) ?? [];
        return status === '' ? [] : [{ title: `${file} ${title}`, status: Number(status), body: body.trim() }];
      }),
  );
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const images = (all: readonly Exchange[]): readonly JsonObject[] =>
  all.flatMap(({ body }) => {
    const value = parsed(body);
    const found = isObject(value) && Array.isArray(value.images) ? (value.images as unknown[]) : [value];
    return found.filter((each): each is JsonObject => isObject(each) && each.schema === '/v2/schemas/image');
  });

describe.skipIf(!there)(`recorded answers${there ? '' : ' (skipped: the folder ../shared with them is not here)'}`, () => {
  const all = exchanges();

  it('make well-formed images, with nothing of Glance’s own among the properties', () => {
    const wires = images(all);
    expect(wires.length).toBeGreaterThan(100);
    for (const wire of wires) {
      const record = recordFrom(wire);
      wellFormed(imageFrom(record, { profile: 'p', provider: 'openstack' }));
      expect(record.status).not.toBe('unknown');
      expect(Object.keys(record.properties).filter((name) => name.startsWith('os_glance') || name === 'direct_url')).toEqual([]);
    }
  });

  it('have fields that the fake gives too', async () => {
    const cloud = await startOpenstack();
    const fake = new Set(Object.keys(newImage(cloud.one.store, 'x', {}).wire));
    await cloud.stop();
    const plain = images(all).find(
      (wire) => wire.status === 'queued' && recordFrom(wire).properties.length === undefined && !('stores' in wire),
    );
    expect(plain).toBeDefined();
    expect([...fake].filter((name) => !(name in (plain ?? {})))).toEqual([]);
  });

  it('say something in every refusal, and no markup', () => {
    const refusals = all.filter(({ status, body }) => status >= 400 && body !== '' && body !== '[no body]');
    expect(refusals.length).toBeGreaterThan(100);
    for (const { title, body } of refusals) {
      const words = errorText(body);
      expect(words, title).toMatch(/^\S.{5,}$/);
      expect(words, title).not.toMatch(/<br|<\/?(html|body|h1)|&#x27;|\n/);
    }
  });
});
