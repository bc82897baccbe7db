import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Driver } from '../../src/core/driver.ts';
import { gaps, papersOf } from './gaps.ts';
import { overNetwork, type OverNetwork } from './index.ts';
import type { ProviderStage } from './stage.ts';

const papers = papersOf(path.resolve(import.meta.dirname, '../..'));

function networkStage(provider: string): OverNetwork {
  const found = overNetwork.find(([name]) => name === provider);
  if (!found) throw new Error(`${provider} is not reached over the network`);
  return found[1];
}

describe('a driver that lacks something is told of it', () => {
  const known = networkStage('openstack');
  const { foreignFile: _none, ...noForeignFile } = known.wire;
  const without = (more: Partial<ProviderStage>): readonly string[] => gaps(known.driver, { ...known, ...more }, papers);
  const added = (more: Partial<Driver>): readonly string[] => gaps({ ...known.driver, ...more }, known, papers);

  it.each([
    [
      'everything, where it is new',
      () => gaps({ ...known.driver, name: 'acme' }, undefined, papers),
      'no stage: test/clouds/acme',
    ],
    ['a stage of its own', () => added({ name: 'acme' }), 'a stage that is its own'],
    ['a conformance test', () => gaps(known.driver, known, { ...papers, tests: [] }), 'a conformance test'],
    ['a fake', () => gaps(known.driver, known, { ...papers, clouds: [] }), 'a fake: test/clouds/openstack/index.ts'],
    ['a fake behind a proxy', () => without({ beds: {} }), 'a fake of that word'],
    ['its facts in the README', () => gaps(known.driver, known, { ...papers, readme: '' }), 'README.md'],
    ['the lines of a verb', () => added({ facts: { ...known.driver.facts, purge: {} } }), 'a line for purge'],
    ['all lines', () => without({ verbLines: [] }), 'a line for upload'],
    [
      'the secret of a field',
      () => added({ profile: { ...known.driver.profile, pin: { help: 'A PIN', secret: true } } }),
      'the secret field pin',
    ],
    ['planted secrets', () => without({ plantedSecrets: [] }), 'the secret field password'],
    ['a hostile record', () => without({ hostileRecord: { texts: [], others: ['size'] } }), 'hostileRecord.texts'],
    ['samples', () => without({ samples: {} }), 'samples.place'],
    ['a file of another tool', () => gaps(known.driver, { ...known, wire: noForeignFile }, papers), 'wire.foreignFile'],
    ['words for what is not there', () => without({ wire: { ...known.wire, notFound: [] } }), 'wire.notFound'],
  ])('%s', (_what, said, word) => {
    expect(said().join('\n')).toContain(word);
  });
});
