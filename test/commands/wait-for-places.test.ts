import { expect, it } from 'vitest';
import { stages } from '../clouds/index.ts';
import { commandStage, errorOf, profileVariables } from './stage.ts';

const stage = commandStage();
const placeless = Object.entries(stages).filter(([, { driver }]) => driver.facts.places === undefined);

it.each(placeless)('%s, whose images lie in no places, is not waited for until they do', async (provider, { cloud }) => {
  const running = await cloud.start();
  try {
    const [id = ''] = await running.seed([{ name: 'web' }]);
    const env = profileVariables('it', provider, running.values);
    const line = ['wait', `it:${id}`, '--for', 'replicated=elsewhere', '--wait-timeout', '1ms', '-o', 'json'];
    const refused = await stage.run(line, { env });
    expect([refused.exitCode, errorOf(refused)]).toMatchObject([
      7,
      { code: 'UNSUPPORTED', profile: 'it', provider, message: expect.stringContaining(`${provider} does not offer places`) },
    ]);
  } finally {
    await running.stop();
  }
});
