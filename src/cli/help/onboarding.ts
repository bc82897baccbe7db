import type { Surface } from '../program/context.ts';

/** Whether nothing tells which cloud is meant: no profile is stored, in the environment, or was asked for. */
export const hasNoProfiles = ({ directory, settings, drivers }: Surface): boolean =>
  directory.names.length === 0 && settings.profile.length === 0 && directory.current === drivers.usual;

/** Says on a terminal how a cloud is added, and which ones this machine's other tools know already. */
export async function printSetupHint(surface: Surface): Promise<void> {
  if (!surface.io.stdoutIsTerminal || !surface.io.stderrIsTerminal) return;
  const all = await surface.discover().catch((error: unknown) => {
    if (error instanceof Error) surface.warn(error.message);
    return [];
  });
  const found = all.filter(({ leftOut }) => leftOut === undefined);
  surface.say('These images are in the local store, a folder on this machine; no cloud is set up yet.');
  if (found.length > 0) {
    surface.say('Clouds configured in other tools:');
    for (const { name, provider, source } of found) surface.say(`  ${name} (${provider}, from ${source})`);
    surface.say('Import them with: imgctl profile import, or one with: imgctl profile import NAME');
  }
  surface.say(`Add ${found.length > 0 ? 'another' : 'one'} with: imgctl profile add NAME`);
}
