import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Driver } from '../../src/core/driver.ts';
import { tlsFields } from '../../src/core/field.ts';
import { operationNames } from '../../src/core/operation.ts';
import { secretFields } from './index.ts';
import type { ProviderStage } from './stage.ts';

/** What a driver is held against besides its stage. */
export interface Papers {
  /** Texts of all tests of drivers. */
  readonly tests: readonly string[];
  /** Paths of all files below `test/clouds`. */
  readonly clouds: readonly string[];
  /** Paths of all files below `src/drivers`. */
  readonly sources: readonly string[];
  readonly readme: string;
}

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));

/** Reads them below the folder of the project. */
export function papersOf(root: string): Papers {
  const below = (folder: string): readonly string[] => filesBelow(folder).map((file) => path.relative(folder, file));
  const tests = filesBelow(path.join(root, 'test/drivers')).filter((file) => file.endsWith('.test.ts'));
  return {
    tests: tests.map((file) => readFileSync(file, 'utf8')),
    clouds: below(path.join(root, 'test/clouds')),
    sources: below(path.join(root, 'src/drivers')),
    readme: readFileSync(path.join(root, 'README.md'), 'utf8'),
  };
}

/** What a driver lacks before it counts as tested, one line each. */
export function gaps(
  driver: Driver,
  stage: ProviderStage | undefined,
  { tests, clouds, sources, readme }: Papers,
): readonly string[] {
  const { name } = driver;
  if (!stage) return [`no stage: test/clouds/${name}/stage.ts, and its line in test/clouds/index.ts`];
  const said: string[] = [];
  const need = (isThere: boolean, what: string): void => void (isThere || said.push(what));
  const conforming = tests.some((text) => text.includes('conformance(') && text.includes(`src/drivers/${name}/index.ts`));
  const header = /^\| verb \|(.*)\|$/m
    .exec(readme)?.[1]
    ?.split('|')
    .map((cell) => cell.trim());
  need(stage.driver.name === name, `a stage that is its own: this one is of ${stage.driver.name}`);
  need(conforming, `a conformance test: conformance(${name}, …) in test/drivers`);
  need(header?.includes(name) === true, `a column in the table of README.md that says what each provider can do`);
  need(stage.hostileRecord.texts.length > 0, 'hostileRecord.texts: the fields of a record that hold free text');
  need(stage.hostileRecord.others.length > 0, 'hostileRecord.others: the fields of a record that hold numbers, times, lists');
  need(stage.beds[name] !== undefined, `a fake of that word: beds.${name}`);
  need(!driver.facts.replicate || stage.samples.place !== undefined, 'samples.place: a place that an image can be replicated to');
  need(
    driver.facts.create?.from.includes('nothing') !== false || stage.samples.disk !== undefined,
    'samples.disk: a disk that an image can be made from',
  );
  const planted = new Set(
    stage.plantedSecrets.flatMap((values) => Object.keys(values).filter((field) => values[field]?.includes('planted-'))),
  );
  for (const field of secretFields(driver))
    need(field in tlsFields || planted.has(field), `plantedSecrets: a profile with the secret field ${field}`);
  if (driver.worksOnFiles) return said;
  need(clouds.includes(`${name}/index.ts`), `a fake: test/clouds/${name}/index.ts`);
  need(stage.cloud.wire && stage.wire !== undefined, 'wire: what it is known by on the wire');
  need((stage.wire?.notFound.length ?? 0) > 0, 'wire.notFound: its own words for what is not there');
  need(!driver.facts.upload || stage.wire?.sends !== undefined, 'wire.sends: the requests that carry a disk there');
  need(!driver.facts.download || stage.wire?.fetches !== undefined, 'wire.fetches: the requests that ask for a disk');
  const looks = sources.includes(`${name}/discover.ts`);
  need(!looks || stage.wire?.foreignFile !== undefined, 'wire.foreignFile: a file of another tool that it takes profiles from');
  const typed = new Set(stage.verbLines.map(({ verb }) => verb.split(' ')[0]));
  for (const verb of operationNames)
    need(
      driver.facts[verb] === undefined || stage.silent?.[verb] !== undefined || typed.has(verb),
      `verbLines: a line for ${verb}`,
    );
  return said;
}
