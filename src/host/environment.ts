import type { HostEnvironment } from '../core/driver.ts';
import { userFolder, type Home } from './paths.ts';
import { parseIni } from './ini.ts';
import type { ReadLimits } from './read-file.ts';
import { readTextFile } from './text-file.ts';
import { parseYaml } from './yaml.ts';

/** What accounts without a home have for one in /etc/passwd: nothing lies there. */
const nowhere = '/nonexistent';

function configHome(at: Home): string {
  try {
    return userFolder('config', at);
  } catch {
    return nowhere;
  }
}

/** What drivers may look at to find profiles: the environment, files, and programs that hand out credentials. `region`: which one was asked for. */
export function environmentOf(at: Home, region?: string, patience?: ReadLimits): HostEnvironment {
  return {
    env: at.env,
    home: at.home ?? nowhere,
    configHome: configHome(at),
    ...(at.platform === 'linux' && process.getuid ? { userId: process.getuid() } : {}),
    text: (file) => readTextFile(file, patience),
    yaml: parseYaml,
    ini: parseIni,
    ...(region === undefined ? {} : { region }),
    run: async (program, args, stdin) => (await import('./subprocess.ts')).runProgram(program, args, stdin, at.env),
  };
}
