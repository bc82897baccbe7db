import type { Role } from './schemas.ts';

/** An API key of the fake. `scope` is the account whose images it sees when no project is named. */
export interface Key {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly role: Role;
  readonly kind: 'project' | 'user' | 'superadmin';
  readonly account: string;
  readonly projects: readonly string[];
}

export const homeProject = '1a5';
/** A project of the server that only some keys reach. */
export const otherProject = '1a8';

const keyPairs = { secretKey: 'made-up-secret-4711', projects: [homeProject] };

/** `project`: an environment key. `account`: a person's key, with no images of its own. */
export const keys = {
  project: { ...keyPairs, accessKey: 'ENVKEY', role: 'project', kind: 'project', account: homeProject },
  account: { ...keyPairs, accessKey: 'PERSONKEY', role: 'project', kind: 'user', account: '1a7' },
  readonly: { ...keyPairs, accessKey: 'READKEY', role: 'readonly', kind: 'project', account: homeProject },
  superadmin: {
    ...keyPairs,
    accessKey: 'SUPERKEY',
    role: 'superadmin',
    kind: 'superadmin',
    account: '1a1',
    projects: [homeProject, otherProject],
  },
} as const satisfies Readonly<Record<string, Key>>;
export type KeyName = keyof typeof keys;

/** The key that a request carries; undefined: none that is known. */
export function keyOf(authorization: string | undefined): Key | undefined {
  const encoded = /^Basic (.+)$/.exec(authorization ?? '')?.[1];
  const pair = Buffer.from(encoded ?? '', 'base64').toString('utf8');
  return Object.values(keys).find(({ accessKey, secretKey }) => pair === `${accessKey}:${secretKey}`);
}
