import { describe, expect, it } from 'vitest';
import { propertiesAfter } from '../../src/core/changes.ts';
import { channelsOf, isMarkProperty, markChanges, marksOf, type MarkWishes } from '../../src/core/marks.ts';

type Marked = Parameters<typeof marksOf>[0];

const bare: Marked = { id: 'a', properties: { os_distro: 'debian' } };
const changed = (image: Marked, wishes: MarkWishes): Marked => ({
  ...image,
  properties: propertiesAfter(image.properties, markChanges(image, wishes) ?? {}),
});
const managed = changed(bare, { managed: 'web.yaml', name: 'web' });

describe('the marks of an image', () => {
  it('stand in properties beside others, and are read from them again', () => {
    expect(managed.properties).toEqual({
      os_distro: 'debian',
      'imgctl.managed': 'web.yaml',
      'imgctl.name': 'web',
      'imgctl.marksOf': 'a',
    });
    expect(marksOf(managed)).toEqual({ managed: 'web.yaml', name: 'web' });
    expect(marksOf(bare)).toEqual({});
  });

  it('say nothing of an image to which a cloud has handed them on', () => {
    const retired = changed(managed, { retired: '2026-11-29T08:00:00Z', channels: { stable: { target: 'x' } } });
    const snapshot = { ...retired, id: 'b' };
    expect(marksOf(snapshot)).toEqual({});
    expect([...channelsOf(snapshot)]).toEqual([]);
    expect(marksOf(changed(snapshot, { managed: 'yes' }))).toEqual({ managed: 'yes' });
    expect(isMarked(changed(snapshot, {}))).toBe(false);
  });

  it('go one by one, and nothing of them is left behind the last', () => {
    expect(marksOf(changed(managed, { name: null }))).toEqual({ managed: 'web.yaml' });
    expect(changed(managed, { name: null, managed: null })).toEqual(bare);
  });

  it('are not written twice', () => {
    expect(markChanges(managed, { managed: 'web.yaml' })).toBeUndefined();
    expect(markChanges(bare, { retired: null })).toBeUndefined();
  });

  it('are not believed where they say nothing', () => {
    const odd = { ...managed, properties: { ...managed.properties, 'imgctl.retired': 'yesterday', 'imgctl.managed': '' } };
    expect(marksOf(odd)).toEqual({ name: 'web' });
  });

  it('have channels among them', () => {
    const pointed = changed(bare, { channels: { stable: { target: 'web', log: '1' }, next: { log: '2' } } });
    expect([...channelsOf(pointed)]).toEqual([
      ['stable', { target: 'web', log: '1' }],
      ['next', { log: '2' }],
    ]);
    const left = changed(pointed, { channels: { stable: { target: null } } });
    expect(channelsOf(left).get('stable')).toEqual({ log: '1' });
    expect(changed(left, { channels: { stable: { log: null }, next: { log: null } } })).toEqual(bare);
  });
});

const isMarked = ({ properties }: Marked): boolean => Object.keys(properties).some(isMarkProperty);
