import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import rancher from '../../../src/drivers/rancher/index.ts';
import { acting } from '../../clouds/rancher/cases/acting.ts';
import type { Cases } from '../../clouds/rancher/cases/case.ts';
import { connecting } from '../../clouds/rancher/cases/connecting.ts';
import { reading } from '../../clouds/rancher/cases/reading.ts';
import { writing } from '../../clouds/rancher/cases/writing.ts';
import { versions } from '../../clouds/rancher/versions.ts';
import { onRancher } from '../../clouds/rancher/visit.ts';

const cases: Cases = { ...connecting, ...reading, ...acting, ...writing };

for (const version of versions)
  describe(`shared cases on ${version}`, () => {
    for (const [id, { title, on, options, run }] of Object.entries(cases))
      if (on === undefined || on.includes(version))
        it(`${id} ${title}`, () => onRancher({ version, ...options }, (visit) => run(visit, version)));
  });

const facts = new URL('../../../../shared/facts/rancher/conformance-public.json', import.meta.url);

describe.skipIf(!existsSync(facts))(
  `the list of shared cases${existsSync(facts) ? '' : ' (skipped: ../shared/facts is not here)'}`,
  () => {
    const published = (): readonly { id: string }[] => JSON.parse(readFileSync(facts, 'utf8')) as readonly { id: string }[];

    it('26 of the 34 concern Rancher 1.x, and each is among the tests above', () => {
      const ours = published()
        .map(({ id }) => id)
        .filter((id) => id.startsWith('R'));
      expect(ours.length).toBe(26);
      expect(Object.keys(cases).sort()).toEqual([...ours].sort());
    });

    it('8 of the 34 (H01-H05, H07-H09) are Harvester’s: another provider with another API, not shown here', () => {
      const others = published()
        .map(({ id }) => id)
        .filter((id) => !id.startsWith('R'));
      expect(others).toEqual(['H01', 'H02', 'H03', 'H04', 'H05', 'H07', 'H08', 'H09']);
      expect(rancher.facts).not.toHaveProperty('upload');
    });
  },
);
